/**
 * The users file as it is now: read at the beginning, and again when it has changed. Knows nothing of credentials.
 */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { OptionError } from '@postern/core';
import { parseUsers } from './users.js';
import type { LoginCase, Users } from './users.js';

export interface UserFile {
  /** The users; those of before if the file cannot be read any more. */
  current(): Users;
}

const OWNER = 'file';

/** Passwords are in it: nobody but the owner may read it. */
const MODES = [0o400, 0o600];

/**
 * The file is looked at with one stat for every question, and read again if its inode, size or time of change is another.
 * No watcher: they miss a file that is renamed into place, and changes on network file systems, and end with the
 * directory. The stat is a synchronous one: it takes microseconds, while one in the thread pool would wait there behind
 * the hashes of other logins.
 *
 * @throws OptionError if the file cannot be read at the beginning, or may be read by others, or has a bad line.
 */
export function userFile(path: string, loginCase: LoginCase, report: (fault: OptionError) => void): UserFile {
  let { users, version } = load(path, loginCase);
  // What was reported is not reported for every login, only when it changes.
  let reported: string | undefined;

  function fail(error: unknown): void {
    const fault =
      error instanceof OptionError ? error : new OptionError(OWNER, 'path', String(error), 'a file that can be read');
    if (reported === fault.message) return;
    reported = fault.message;
    report(fault);
  }

  return {
    current() {
      try {
        const found = versionOf(path);
        if (found === version) return users;
        const loaded = load(path, loginCase);
        users = loaded.users;
        version = loaded.version;
        reported = undefined;
      } catch (error) {
        fail(error);
      }
      return users;
    },
  };
}

interface Loaded {
  readonly users: Users;
  readonly version: string;
}

function load(path: string, loginCase: LoginCase): Loaded {
  const fd = attempt(path, () => openSync(path, 'r'));
  try {
    const stats = attempt(path, () => fstatSync(fd, { bigint: true }));
    if (!stats.isFile()) throw new OptionError(OWNER, 'path', `${path}, which is no file`, 'a file');
    const mode = Number(stats.mode & 0o7777n);
    if (!MODES.includes(mode)) {
      const found = `${path} with mode ${mode.toString(8).padStart(4, '0')}`;
      throw new OptionError(OWNER, 'path', found, 'a file of mode 0400 or 0600: there are passwords in it');
    }
    const users = parseUsers(
      attempt(path, () => readFileSync(fd)),
      loginCase,
    );
    if ('line' in users)
      throw new OptionError(OWNER, 'path', `${path} line ${users.line}: ${users.found}`, users.allowed);
    return { users, version: isFresh(stats.ctimeNs) ? STILL_FRESH : version(stats) };
  } finally {
    closeSync(fd);
  }
}

// Two changes within one tick of the file system's clock look the same: a file that has just changed is read again.
const TICK = 100;
const STILL_FRESH = '';
const isFresh = (changed: bigint): boolean => Date.now() - Number(changed / 1_000_000n) < TICK;

const versionOf = (path: string): string => attempt(path, () => version(statSync(path, { bigint: true })));

// The time of change of the inode as well: it moves with the mode, and nobody can set it back.
const version = (stats: { dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }): string =>
  `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'trouble';
    throw new OptionError(OWNER, 'path', `${path}: ${code}`, 'a file that can be read');
  }
}
