/** Name tables in files: the server's name.cdb and the users' own. The message room itself opens none. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { openCdb } from './message/cdb.js';
import { compileNameSource } from './message/name-source.js';
import { cdbNames } from './message/names.js';
import type { NameTable } from './message/names.js';

// A user may put anything at this place.
const MOST_OCTETS = 16 * 1024 * 1024;
const MOST_USERS = 1000;

/** A table read from a file, until the file changes. */
interface Loaded {
  readonly stamp: string;
  readonly table: NameTable;
}

/**
 * The server's name.cdb, or its source (ofmipname(8)) if the path does not end in `.cdb`. It is looked at for every message and read again when it has changed, since ofmipname puts a new
 * file in its place.
 *
 * @throws Error if it cannot be read now; later on, `find` throws and the message is deferred.
 */
export function nameFile(path: string): NameTable {
  let loaded = load(path, undefined);
  return {
    find: (sender) => {
      loaded = load(path, loaded);
      return loaded.table.find(sender);
    },
  };
}

/**
 * `~/.ofmipd/rules.cdb`, a name.cdb of the user's own, by home directory. A user without such a file, or whose file we may
 * not read, has none.
 */
export function userNameFiles(): (home: string) => NameTable | undefined {
  const known = new Map<string, Loaded>();
  return (home) => {
    if (!isAbsolute(home)) return undefined;
    const path = join(home, '.ofmipd', 'rules.cdb');
    try {
      const loaded = load(path, known.get(path));
      known.delete(path);
      if (known.size >= MOST_USERS) known.delete(known.keys().next().value ?? '');
      known.set(path, loaded);
      return loaded.table;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };
}

const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');

function load(path: string, previous: Loaded | undefined): Loaded {
  // O_NONBLOCK: somebody may have put a FIFO there.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
    if (previous?.stamp === stamp) return previous;
    const data = readAll(path, fd, stats);
    return { stamp, table: cdbNames(openCdb(path.endsWith('.cdb') ? data : compileNameSource(data))) };
  } finally {
    closeSync(fd);
  }
}

function readAll(path: string, fd: number, stats: Stats): Buffer {
  if (!stats.isFile() || stats.size > MOST_OCTETS) throw new Error(`${path}: no name table`);
  const data = Buffer.alloc(stats.size);
  let length = 0;
  while (length < data.length) {
    const read = readSync(fd, data, length, data.length - length, length);
    if (read === 0) break;
    length += read;
  }
  return data.subarray(0, length);
}
