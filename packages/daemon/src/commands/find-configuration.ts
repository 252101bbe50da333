/** Which configuration is meant. */
import { existsSync } from 'node:fs';

export const DEFAULT_FILE = '/etc/posternd.toml';
const QMAIL_CONTROL = '/var/qmail/control';

/** The file to read; undefined where there is nothing to read and no qmail that somebody would want served. */
export function findConfiguration(config: string | undefined, exists = existsSync): string | undefined {
  if (config !== undefined) return config;
  return exists(DEFAULT_FILE) || exists(QMAIL_CONTROL) ? DEFAULT_FILE : undefined;
}
