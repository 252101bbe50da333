/** Unique names for messages in a Maildir (maildir(5), cr.yp.to/proto/maildir.html). */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.js';

export interface MaildirName {
  /** Without the host: short enough to stand in a reply, and enough to find the file. */
  readonly id: string;
  /** The file's name. */
  readonly name: string;
}

// "/" would leave the directory, ":" begins the flags of a message that has been seen.
const safeHost = (host: string): string => host.replaceAll('/', '\\057').replaceAll(':', '\\072');

/**
 * Gives a new name at every call: the second, the microsecond, the process, a count within the process, and a random part
 * for threads and containers, which may share a process id.
 */
export function maildirNames(clock: Clock, host: string = hostname()): () => MaildirName {
  const suffix = safeHost(host);
  let count = 0;
  return () => {
    const now = clock.now();
    const seconds = Math.floor(now / 1000);
    const microseconds = Math.floor((now % 1000) * 1000);
    count += 1;
    const id = `${seconds}.M${microseconds}P${process.pid}Q${count}R${randomBytes(4).toString('hex')}`;
    return { id, name: `${id}.${suffix}` };
  };
}
