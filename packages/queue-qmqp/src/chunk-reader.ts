/** Reads a message and stops waiting for it when a signal says so. Knows nothing of what is done with it. */

export interface ChunkReader {
  /** The next chunk. @throws whatever the message throws. */
  next(): Promise<Uint8Array | 'end' | 'aborted'>;
  /** Tells a source that was not read to its end. */
  close(): void;
}

export function reader(message: AsyncIterable<Uint8Array>, signal: AbortSignal): ChunkReader {
  const source = message[Symbol.asyncIterator]();
  let ended = false;
  let pending = false;
  let wake: (() => void) | undefined;
  const onAbort = (): void => wake?.();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    // Not Promise.race with one promise for the signal: that would keep a record of every chunk until the end.
    next() {
      if (signal.aborted) return Promise.resolve('aborted');
      return new Promise((resolve, reject) => {
        wake = () => resolve('aborted');
        pending = true;
        source.next().then(
          (result) => {
            pending = false;
            if (result.done === true) ended = true;
            resolve(result.done === true ? 'end' : result.value);
          },
          (error: unknown) => {
            pending = false;
            ended = true;
            reject(error instanceof Error ? error : new Error(String(error)));
          },
        );
      });
    },
    close() {
      signal.removeEventListener('abort', onAbort);
      // A source that is being waited for cannot be told: its answer comes too late to matter.
      if (!ended && !pending) void Promise.resolve(source.return?.()).catch(() => undefined);
      ended = true;
    },
  };
}
