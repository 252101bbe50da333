/** Reads what a Maildir queue has stored. Trusts nothing of ours: it goes by the Maildir convention (maildir(5)). */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface StoredMessage {
  readonly name: string;
  readonly folder: 'new' | 'cur';
  readonly path: string;
  readonly raw: Buffer;
  /** Everything before the first empty line, one character an octet. */
  readonly header: string;
  /** Everything after it. */
  readonly body: string;
  /** Unfolded values of all fields of this name, in order. */
  fields(name: string): string[];
}

const list = (path: string): string[] => {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** The messages of a Maildir, oldest first. A Maildir that does not exist holds none. */
export function readMaildir(path: string): StoredMessage[] {
  return (['new', 'cur'] as const)
    .flatMap((folder) => list(join(path, folder)).map((name) => ({ folder, name, file: join(path, folder, name) })))
    .map((entry) => ({ ...entry, written: statSync(entry.file, { bigint: true }).mtimeNs }))
    .sort((a, b) => (a.written === b.written ? a.name.localeCompare(b.name) : a.written < b.written ? -1 : 1))
    .map(({ file, folder, name }) => readMessage(file, folder, name));
}

/** Names left in tmp: a delivery that is under way, or one that was not cleaned up. */
export const unfinishedDeliveries = (path: string): string[] => list(join(path, 'tmp'));

function readMessage(path: string, folder: 'new' | 'cur', name: string): StoredMessage {
  const raw = readFileSync(path);
  const text = raw.toString('latin1');
  // With a line end before it, a message that has only a body is no special case.
  const end = `\n${text}`.indexOf('\n\n');
  const header = end < 0 ? text : text.slice(0, end);
  const body = end < 0 ? '' : text.slice(end + 1);
  return { name, folder, path, raw, header, body, fields: (field) => fieldValues(header, field) };
}

/** Unfolded values of the fields called `name` in a header with LF line ends. */
export function fieldValues(header: string, name: string): string[] {
  return header
    .replace(/\n[ \t]+/g, ' ')
    .split('\n')
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim());
}
