/** qmail's control files (qmail-control(5)): those that concern submission, and only if they exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from './configuration-error.js';

export interface ControlFiles {
  readonly me?: string;
  readonly defaulthost?: string;
  readonly defaultdomain?: string;
  readonly plusdomain?: string;
  readonly idhost?: string;
  /** The whole text. */
  readonly rewrite?: string;
  /** Octets; 0 is no limit. */
  readonly databytes?: number;
}

const LINES = ['me', 'defaulthost', 'defaultdomain', 'plusdomain', 'idhost'] as const;

/**
 * @param qmail qmail's home, `/var/qmail`
 * @throws ConfigurationError for a file that is there but cannot be read or understood
 */
export function readControlFiles(qmail: string): ControlFiles {
  const found: { -readonly [K in keyof ControlFiles]: ControlFiles[K] } = {};
  for (const name of LINES) {
    const line = firstLine(read(qmail, name));
    if (line !== undefined && line !== '') found[name] = line;
  }
  const rewrite = read(qmail, 'rewrite');
  if (rewrite !== undefined) found.rewrite = rewrite;
  const databytes = firstLine(read(qmail, 'databytes'));
  if (databytes !== undefined && databytes !== '') {
    if (!/^\d{1,15}$/.test(databytes))
      throw new ConfigurationError(
        join(qmail, 'control', 'databytes'),
        'line 1',
        JSON.stringify(databytes),
        'a number of octets, 0 for no limit',
      );
    found.databytes = Number(databytes);
  }
  return found;
}

function read(qmail: string, name: string): string | undefined {
  const file = join(qmail, 'control', name);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigurationError(file, 'file', code ?? 'an error', 'a file that can be read, or none');
  }
}

/** As control_readline does: blanks at the end do not count. */
const firstLine = (text: string | undefined): string | undefined => text?.split('\n', 1)[0]?.replace(/[ \t\r]+$/, '');
