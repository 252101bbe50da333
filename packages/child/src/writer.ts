/**
 * Our end of a pipe that the child reads. Bytes go in by a plain write as long as the pipe takes them; only when it is
 * full does a socket of libuv's wait for room. Knows nothing of processes.
 */
import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { ChildWriter } from './program.js';

export interface PipeWriter extends ChildWriter {
  /** The child has ended: closes, and is `failed` if `end` had not gone through. */
  close(): void;
}

const codeIs = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

/** Takes over `fd`, which must not block. */
export function createWriter(fd: number): PipeWriter {
  let open = true;
  let failed = false;
  let ending = false;
  // There is one once the pipe has been full. It only ever carries what a plain write left over.
  let socket: Socket | undefined;
  // What waits for room, in order, and who waits for that.
  const backlog: Uint8Array[] = [];
  let drained: Promise<void> | undefined;
  let resolveDrained: (() => void) | undefined;

  function shut(): void {
    if (!open) return;
    open = false;
    backlog.length = 0;
    if (socket === undefined) closeSync(fd);
    else socket.destroy();
    resolveDrained?.();
  }

  function fail(): void {
    if (!open) return;
    failed = true;
    shut();
  }

  /** Puts in as many bytes as the pipe takes; gives back the rest, or nothing once the pipe is broken. */
  function push(chunk: Uint8Array): Uint8Array | undefined {
    let at = 0;
    while (at < chunk.length) {
      try {
        at += writeSync(fd, chunk, at);
      } catch (error) {
        if (codeIs(error, 'EINTR')) continue;
        if (!codeIs(error, 'EAGAIN')) {
          fail();
          return undefined;
        }
        return at === 0 ? chunk : chunk.subarray(at);
      }
    }
    return undefined;
  }

  function flush(): void {
    for (let chunk = backlog.shift(); chunk !== undefined; chunk = backlog.shift()) {
      const rest = push(chunk);
      if (rest !== undefined) {
        waitForRoom(rest);
        return;
      }
    }
    drained = undefined;
    resolveDrained?.();
    if (ending) shut();
  }

  function waitForRoom(rest: Uint8Array): void {
    if (socket === undefined) {
      socket = new Socket({ fd, readable: false, writable: true });
      socket.on('error', fail);
    }
    socket.write(rest, (error) => {
      if (open && !error) flush();
    });
  }

  function write(chunk: Uint8Array): Promise<void> | undefined {
    if (!open || ending) return drained;
    if (drained !== undefined) {
      backlog.push(chunk);
      return drained;
    }
    const rest = push(chunk);
    if (rest === undefined) return undefined;
    drained = new Promise((resolve) => {
      resolveDrained = resolve;
    });
    waitForRoom(rest);
    return drained;
  }

  return {
    get failed() {
      return failed;
    },
    write,
    end(bytes) {
      if (!open || ending) return;
      if (bytes !== undefined) void write(bytes);
      ending = true;
      if (drained === undefined) shut();
    },
    abort: shut,
    close: fail,
  };
}

/** For a program that was never started: everything is dropped, and `failed` says so. */
export const brokenWriter: PipeWriter = {
  failed: true,
  write: () => undefined,
  end: () => undefined,
  abort: () => undefined,
  close: () => undefined,
};
