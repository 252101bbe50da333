/**
 * fsync of a directory, shared by all who wait for it: one that begins after a rename covers that rename, whoever asked
 * for it.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Resolves when every name that was in the directory at the call is on the disk. Rejects with the error of the system. */
export type DirectorySync = () => Promise<void>;

export function directorySync(path: string): DirectorySync {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function begin(): Promise<void> {
    const sync = syncDirectory(path);
    running = sync;
    const done = (): void => {
      if (running === sync) running = undefined;
    };
    sync.then(done, done);
    return sync;
  }

  return () => {
    if (running === undefined) return begin();
    // The one that runs may have begun before the rename: wait for the one behind it.
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
