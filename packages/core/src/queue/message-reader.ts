/**
 * Reads a message for a queue: stops waiting when the signal is aborted, and joins small chunks into blocks, so that a
 * small message is one write and a message that comes octet by octet is not one write an octet.
 */

/** About what a pipe holds: with more than this a program is started, with less it need not be. */
export const BLOCK_SIZE = 64 * 1024;

// A chunk of this size is worth a write of its own; smaller ones are copied together.
const WORTH_A_WRITE = 16 * 1024;
const FIRST_SIZE = 4 * 1024;

/** What is read next. `last` may be empty, and nothing follows it. */
export type Block =
  | { readonly kind: 'more'; readonly bytes: Uint8Array }
  | { readonly kind: 'last'; readonly bytes: Uint8Array }
  | { readonly kind: 'aborted' };

export interface MessageReader {
  /**
   * The next block, at least one octet unless it is the last. It stays as it is until `next` is called again, even if the
   * source uses its buffers again. @throws whatever the message throws.
   */
  next(): Promise<Block>;
  /** From now on an abort does this as well, until `close`. */
  onAbort(action: () => void): void;
  /** To be called when the reading is over, for whatever reason: tells a source that was not read to its end. */
  close(): void;
}

export function messageReader(message: AsyncIterable<Uint8Array>, signal: AbortSignal): MessageReader {
  const source = message[Symbol.asyncIterator]();
  let gathered: Buffer = Buffer.alloc(0);
  let size = 0;
  // A chunk too large to be gathered, which waits behind what was gathered before it.
  let waiting: Uint8Array | undefined;
  let ended = false;
  let pending = false;
  let wake: (() => void) | undefined;
  let alsoOnAbort: (() => void) | undefined;
  const onAbort = (): void => {
    wake?.();
    alsoOnAbort?.();
  };
  signal.addEventListener('abort', onAbort, { once: true });

  // Not Promise.race with one promise for the signal: it would keep a record of every chunk until the message ends.
  function read(): Promise<IteratorResult<Uint8Array, unknown> | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      wake = () => resolve(undefined);
      pending = true;
      source.next().then(
        (result) => {
          pending = false;
          resolve(result);
        },
        (error: unknown) => {
          pending = false;
          ended = true;
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it is
          reject(error);
        },
      );
    });
  }

  function gather(chunk: Uint8Array): void {
    if (size + chunk.length > gathered.length) {
      const larger = Buffer.allocUnsafe(Math.min(BLOCK_SIZE, Math.max(FIRST_SIZE, 4 * (size + chunk.length))));
      larger.set(gathered.subarray(0, size));
      gathered = larger;
    }
    gathered.set(chunk, size);
    size += chunk.length;
  }

  function take(): Uint8Array {
    const block = gathered.subarray(0, size);
    gathered = Buffer.alloc(0);
    size = 0;
    return block;
  }

  return {
    async next() {
      if (waiting !== undefined) {
        const bytes = waiting;
        waiting = undefined;
        return { kind: 'more', bytes };
      }
      for (;;) {
        const result = await read();
        if (result === undefined) return { kind: 'aborted' };
        if (result.done === true) {
          ended = true;
          return { kind: 'last', bytes: take() };
        }
        const chunk = result.value;
        if (size + chunk.length <= BLOCK_SIZE) {
          gather(chunk);
          continue;
        }
        const bytes = take();
        if (chunk.length < WORTH_A_WRITE) gather(chunk);
        else if (bytes.length === 0) return { kind: 'more', bytes: chunk };
        else waiting = chunk;
        return { kind: 'more', bytes };
      }
    },
    onAbort(action) {
      alsoOnAbort = action;
    },
    close() {
      signal.removeEventListener('abort', onAbort);
      // A source that is being waited for cannot be told: its answer, whatever it is, comes too late to matter.
      if (!ended && !pending) void Promise.resolve(source.return?.()).catch(() => undefined);
      ended = true;
    },
  };
}
