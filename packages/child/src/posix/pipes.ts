/** True pipes by pipe2(2), close-on-exec from birth, so that no program launched meanwhile can inherit an end. */
import { closeSync, writeSync } from 'node:fs';
import { asStartFault, errnoName, StartFault } from '../fault.js';
import type { Pipe } from '../launcher.js';
import { F_SETFL, O_CLOEXEC, O_NONBLOCK } from './libc.js';
import type { Libc } from './libc.js';

export function createPipes(libc: Libc): {
  pipe(childEnd: 'reads' | 'writes'): Pipe;
  filledPipe(bytes: Uint8Array): number;
} {
  const ends = new Int32Array(2);

  function open(): [read: number, write: number] {
    if (libc.pipe2(ends, O_CLOEXEC) !== 0) throw new StartFault(errnoName(libc.errno()), 'pipe');
    return [ends[0] ?? -1, ends[1] ?? -1];
  }

  return {
    pipe(childEnd) {
      const [read, write] = open();
      const pipe = childEnd === 'reads' ? { ours: write, theirs: read } : { ours: read, theirs: write };
      // Each end of a pipe has flags of its own: programs expect theirs to block.
      libc.fcntl(pipe.ours, F_SETFL, O_NONBLOCK);
      return pipe;
    },

    // Written before the child exists: an empty pipe takes PIPE_BUF bytes without waiting, whatever its size (pipe(7)).
    filledPipe(bytes) {
      const [read, write] = open();
      try {
        if (bytes.length > 0) writeSync(write, bytes);
      } catch (error) {
        closeSync(read);
        throw asStartFault(error, 'pipe');
      } finally {
        closeSync(write);
      }
      return read;
    },
  };
}
