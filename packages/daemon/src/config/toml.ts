/** From a file to plain values. Knows TOML and nothing of what it should say. */
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { ConfigurationError } from './configuration-error.js';

/** @throws ConfigurationError for a file that cannot be read or is not TOML */
export function readToml(file: string): Record<string, unknown> {
  return parseToml(readText(file), file);
}

/** @throws ConfigurationError for what is not TOML, with line and column */
export function parseToml(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The first line says what; the rest is a drawing of where.
    const what = (error.message.split('\n', 1)[0] ?? '').replace(/^Invalid TOML document: /, '');
    throw new ConfigurationError(file, `line ${error.line}, column ${error.column}`, what, 'TOML (toml.io)');
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const found = describeFileError(error);
    throw new ConfigurationError(file, 'file', found, 'a file that can be read; --config FILE names another');
  }
}

/** The errno in words, for one line. */
export function describeFileError(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'no permission';
    case 'EISDIR':
      return 'a directory';
    case 'ENOTDIR':
      return 'a path through something that is no directory';
    default:
      return code ?? (error instanceof Error ? error.message : String(error));
  }
}
