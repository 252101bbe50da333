/**
 * Our end of a pipe that the child writes. Keeps the first bytes, up to a limit, and throws the rest away, so that a
 * flood neither fills our memory nor stops the child. Knows nothing of processes.
 */
import { closeSync, readSync } from 'node:fs';
import { Socket } from 'node:net';

export interface Collector {
  /** What has come so far. */
  bytes(): Buffer;
  /** From now on reads as things come, so that the pipe does not stay full. */
  watch(): void;
  /** Takes what is in the pipe without waiting for more, and closes: something else may hold the other end for ever. */
  finish(): void;
}

// Shared: what has been read into it is copied out before anything else runs.
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/** Takes over `fd`, which must not block. */
export function createCollector(fd: number, limit: number): Collector {
  let open = true;
  let socket: Socket | undefined;
  let chunks: Buffer[] = [];
  let size = 0;

  function keep(bytes: Buffer): void {
    const taken = bytes.subarray(0, limit - size);
    if (taken.length === 0) return;
    chunks.push(Buffer.from(taken));
    size += taken.length;
  }

  function shut(): void {
    if (!open) return;
    open = false;
    if (socket === undefined) closeSync(fd);
    else socket.destroy();
  }

  // One byte is asked for at the limit too, to see the end; with a full pipe this ends at the limit.
  function drain(): void {
    while (open && size < limit) {
      let count: number;
      try {
        count = readSync(fd, scratch);
      } catch {
        // EAGAIN: nothing there now.
        return;
      }
      if (count === 0) shut();
      else keep(scratch.subarray(0, count));
    }
  }

  return {
    bytes() {
      drain();
      if (chunks.length > 1) chunks = [Buffer.concat(chunks, size)];
      return chunks[0] ?? Buffer.alloc(0);
    },
    watch() {
      if (!open || socket !== undefined) return;
      socket = new Socket({ fd, readable: true, writable: false });
      socket.on('error', shut);
      socket.on('data', keep);
      socket.on('end', shut);
    },
    finish() {
      drain();
      shut();
    },
  };
}
