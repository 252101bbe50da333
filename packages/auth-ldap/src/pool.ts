/** Connections to one directory, kept for a while after use. Knows nothing of what is asked on them. */
import type { Directory } from './connection.js';

export interface DirectoryPool {
  /** Runs `work` on a kept connection or on a new one; a connection on which it throws is not kept. */
  use<T>(work: (directory: Directory) => Promise<T>): Promise<T>;
  close(): void;
}

interface PoolSettings {
  /** How many are kept. */
  readonly keep: number;
  /** Milliseconds for which. */
  readonly idleTime: number;
  open(): Promise<Directory>;
  /** True for an error that is an answer of the server's. */
  isAnswer(error: unknown): boolean;
}

export function directoryPool(settings: PoolSettings): DirectoryPool {
  const idle = new Map<Directory, NodeJS.Timeout>();
  let closed = false;

  const drop = (directory: Directory): void => {
    clearTimeout(idle.get(directory));
    idle.delete(directory);
    directory.destroy();
  };
  const keep = (directory: Directory): void => {
    if (closed || !directory.alive || idle.size >= settings.keep) {
      directory.destroy();
      return;
    }
    const timer = setTimeout(() => drop(directory), settings.idleTime);
    timer.unref();
    idle.set(directory, timer);
    // A connection that the server has closed meanwhile is not there to be taken.
    directory.onGone(() => drop(directory));
  };
  const take = (): Directory | undefined => {
    // The last one used: the others can grow old and go.
    const directory = [...idle.keys()].pop();
    if (directory === undefined) return undefined;
    clearTimeout(idle.get(directory));
    idle.delete(directory);
    return directory.alive ? directory : take();
  };

  const run = async <T>(directory: Directory, work: (directory: Directory) => Promise<T>): Promise<T> => {
    try {
      // ldapts does not see the end of a connection that StartTLS was done on, and would wait for ever.
      const result = await new Promise<T>((resolve, reject) => {
        directory.onGone(() => reject(new Error('connection lost')));
        work(directory).then(resolve, reject);
      });
      keep(directory);
      return result;
    } catch (error) {
      directory.destroy();
      throw error;
    }
  };

  return {
    async use(work) {
      const kept = take();
      if (kept !== undefined) {
        try {
          return await run(kept, work);
        } catch (error) {
          // The server may have let go of it just now; a bind and a search may be asked twice.
          if (settings.isAnswer(error)) throw error;
        }
      }
      return run(await settings.open(), work);
    },
    close() {
      closed = true;
      for (const directory of [...idle.keys()]) drop(directory);
    },
  };
}
