/**
 * What the child does with its descriptors and its directory before it becomes the program: posix_spawn_file_actions(3).
 * A busy server uses the same numbers again and again, so what was put together once is kept.
 */
import { closeSync } from 'node:fs';
import { errnoName, StartFault } from '../fault.js';
import type { Launch } from '../launcher.js';
import { cString } from './c-strings.js';
import { F_DUPFD_CLOEXEC, SIZE_OF_ACTIONS } from './libc.js';
import type { Libc } from './libc.js';

export interface FileActions {
  readonly buffer: Buffer;
  /** The launch is over. */
  release(): void;
}

// About a kilobyte each, most of it glibc's.
const MOST_KEPT = 256;

interface Kept extends FileActions {
  /** Launches under way; beyond none it must stay. */
  users: number;
}

export function createFileActions(libc: Libc): (launch: Launch) => FileActions {
  const kept = new Map<string, Kept>();

  function makeRoom(): boolean {
    if (kept.size < MOST_KEPT) return true;
    const oldest = kept.entries().next();
    if (oldest.done === true || oldest.value[1].users > 0) return false;
    kept.delete(oldest.value[0]);
    libc.actionsDestroy(oldest.value[1].buffer);
    return true;
  }

  return (launch) => {
    const last = Math.max(...launch.descriptors.keys());
    let key = launch.cwd ?? '';
    for (const [target, source] of launch.descriptors) {
      // A source among the targets would be overwritten by a dup2 before its own.
      if (source <= last) return withMovedSources(libc, launch, last);
      key += `\0${target}<${source}`;
    }
    const found = kept.get(key);
    if (found !== undefined) {
      found.users++;
      return found;
    }
    const buffer = compose(libc, launch, launch.descriptors, last);
    if (!makeRoom()) return { buffer, release: () => libc.actionsDestroy(buffer) };
    const made: Kept = {
      buffer,
      users: 1,
      release() {
        made.users--;
      },
    };
    kept.set(key, made);
    return made;
  };
}

function withMovedSources(libc: Libc, launch: Launch, last: number): FileActions {
  const moved: number[] = [];
  const descriptors = new Map(launch.descriptors);
  const closeMoved = (): void => {
    for (const fd of moved) closeSync(fd);
  };
  try {
    for (const [target, source] of launch.descriptors) {
      if (source > last) continue;
      const above = libc.fcntl(source, F_DUPFD_CLOEXEC, last + 1);
      if (above === -1) throw new StartFault(errnoName(libc.errno()), `descriptor ${source}`);
      moved.push(above);
      descriptors.set(target, above);
    }
    const buffer = compose(libc, launch, descriptors, last);
    return {
      buffer,
      release() {
        libc.actionsDestroy(buffer);
        closeMoved();
      },
    };
  } catch (error) {
    closeMoved();
    throw error;
  }
}

function compose(libc: Libc, launch: Launch, descriptors: ReadonlyMap<number, number>, last: number): Buffer {
  const buffer = Buffer.alloc(SIZE_OF_ACTIONS);
  libc.actionsInit(buffer);
  try {
    for (const [target, source] of descriptors) check(libc.actionsAddDup2(buffer, source, target), 'dup2');
    for (let fd = 3; fd < last; fd++) {
      if (!descriptors.has(fd)) check(libc.actionsAddClose(buffer, fd), 'close');
    }
    if (libc.actionsAddCloseFrom !== undefined) check(libc.actionsAddCloseFrom(buffer, last + 1), 'closefrom');
    if (launch.cwd !== undefined) check(libc.actionsAddChdir(buffer, cString(launch.cwd)), 'chdir');
    return buffer;
  } catch (error) {
    libc.actionsDestroy(buffer);
    throw error;
  }
}

function check(errno: number, doing: string): void {
  if (errno !== 0) throw new StartFault(errnoName(errno), doing);
}
