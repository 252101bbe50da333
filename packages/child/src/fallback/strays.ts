/**
 * Descriptors that our own parent left open without close-on-exec. Node sets that on all it opens itself, but stops looking
 * for others at the first gap, and gives us no way to set it: the launcher puts /dev/null over these in every child.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { O_CLOEXEC } from '../posix/libc.js';

// libuv moves descriptors above the highest that a child gets, which takes some room below the limit.
const ROOM = 64;

/** Empty where there is no /proc to tell. */
export function inheritedDescriptors(): readonly number[] {
  try {
    const highest = openFilesLimit() - ROOM;
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((fd) => fd > 2 && fd < highest && !isCloseOnExec(fd));
  } catch {
    return [];
  }
}

function isCloseOnExec(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
  } catch {
    // The descriptor of the listing itself.
    return true;
  }
}

function openFilesLimit(): number {
  const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return soft === undefined ? Infinity : Number(soft);
}
