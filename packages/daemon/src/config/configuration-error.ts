/** One line about one wrong thing in the configuration. Knows nothing of TOML or of schemas. */
import type { OptionError } from '@postern/core';

/** What is wrong, where, and what would be right. `message` is `FILE: KEY: found X; allowed: Y`. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly file: string;
  readonly key: string;
  readonly found: string;
  readonly allowed: string;

  constructor(file: string, key: string, found: string, allowed: string) {
    super(oneLine(`${file}: ${key}: found ${found}; allowed: ${allowed}`));
    this.file = file;
    this.key = key;
    this.found = found;
    this.allowed = allowed;
  }
}

/**
 * An OptionError of a package, said in the words of the file.
 *
 * @param prefix where the package's options stand: `auth.verifier[0]`; empty for the file as a whole
 */
export function fromOptionError(error: OptionError, file: string, prefix = ''): ConfigurationError {
  const key = kebab(error.key);
  const joined = prefix === '' ? key : key === 'options' ? prefix : `${prefix}.${key}`;
  const allowed = error.found === 'an unknown key' ? kebab(error.allowed) : error.allowed;
  return new ConfigurationError(file, joined, error.found, allowed);
}

/** `requireTls` -> `require-tls`, in every word of a text. */
export const kebab = (text: string): string =>
  text.replace(/([a-z0-9])([A-Z])/g, (_, before: string, letter: string) => `${before}-${letter.toLowerCase()}`);

/** `require-tls` -> `requireTls`. */
export const camel = (key: string): string => key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** An error as the one line that is said about it. */
export const errorLine = (error: unknown): string =>
  `posternd: ${oneLine(error instanceof Error ? error.message : String(error))}`;

/** What was found may hold anything; a line of ours is one line, and does nothing to a terminal. */
export const oneLine = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
