/** A Maildir that does not exist yet is made while there is still the right to, and given to the user who will serve. */
import { closeSync, constants, fchmodSync, fchownSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from '../config/configuration.js';
import type { Account } from './account.js';

/** Does nothing for other queues, and for a directory that is there already: that one's owner was somebody's choice. */
export function prepareQueueDirectory({ queue }: Configuration, account: Account): void {
  const path = queue.options['path'];
  if (queue.use !== 'maildir' || typeof path !== 'string') return;
  for (const directory of [path, join(path, 'tmp'), join(path, 'new'), join(path, 'cur')]) {
    try {
      mkdirSync(directory, { mode: 0o700 });
    } catch {
      // It exists, or cannot be made: the queue will say so itself, as the user who serves.
      return;
    }
    give(directory, account);
  }
}

/** By descriptor and without following links: between two calls on a path somebody could put another thing there. */
function give(directory: string, account: Account): void {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    fchownSync(fd, account.uid, account.gid);
    fchmodSync(fd, 0o700);
  } finally {
    closeSync(fd);
  }
}
