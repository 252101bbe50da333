/** The options of a package, from the words of the file to those of its factory. */
import { resolve } from 'node:path';
import { camel } from './configuration-error.js';
import type { PluginSettings } from './configuration.js';
import { parseDuration, parseSize } from './quantities.js';

/** Options of the packages here that are paths, whatever the package. */
const PATHS = new Set(['path', 'socket', 'ca', 'ca-file', 'bind-password-file', 'cwd', 'spool-directory']);

/** Options that are times by their name: `"30s"` becomes milliseconds, and a number is milliseconds already. */
const TIME = /(?:^|-)(?:deadline|timeout|time|grace|delay|interval|idle)$|^retry-/;

/** Options that are sizes: `"64KiB"` becomes octets. */
const SIZES = new Set(['memory', 'request-limit']);

/** Options that hold options in turn. Every other table is data, keyed by hosts or addresses, and stays as it is. */
const TABLES = new Set(['tls', 'search', 'pool', 'attributes', 'fields']);

/**
 * Keys become camelCase, paths absolute, times milliseconds, sizes octets. A package checks its options itself, so everything else is
 * handed on as it is.
 */
export function pluginSettings(
  section: { readonly use: string; readonly [key: string]: unknown },
  key: string,
  directory: string,
): PluginSettings {
  const { use, ...rest } = section;
  const options = Object.entries(rest).map(([name, value]) => [camel(name), convert(name, value, directory)] as const);
  return { use, key, options: Object.fromEntries(options) };
}

function convert(name: string, value: unknown, directory: string): unknown {
  if (typeof value === 'string') {
    // Some of them may hold the text of the file instead.
    if (PATHS.has(name) && !value.includes('-----BEGIN')) return resolve(directory, value);
    if (TIME.test(name)) return parseDuration(value) ?? value;
    if (SIZES.has(name)) return parseSize(value) ?? value;
  }
  if (name === 'program') return programPath(value, directory);
  if (TABLES.has(name) && isTable(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([inner, item]) => [camel(inner), convert(inner, item, directory)]),
    );
  }
  return value;
}

/** `./tool` is meant from the file's directory; `tool` is looked up in PATH. */
function programPath(value: unknown, directory: string): unknown {
  const from = (program: unknown): unknown =>
    typeof program === 'string' && /^\.\.?\//.test(program) ? resolve(directory, program) : program;
  return Array.isArray(value) ? value.map((item: unknown, i) => (i === 0 ? from(item) : item)) : from(value);
}

export const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof Date) && !Array.isArray(value);
