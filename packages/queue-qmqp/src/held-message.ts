/**
 * A message that has to be there as a whole before its first octet is sent, because QMQP says its length first. Short
 * ones stay in memory; the rest of a long one goes to a file that has no name, so that nothing is left behind however this
 * process ends. Knows nothing of QMQP.
 */
import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { reader } from './chunk-reader.js';

export interface HeldMessage {
  /** Octets. */
  readonly length: number;
  /** The whole message, if it is short enough to be in memory. */
  readonly bytes: Uint8Array | undefined;
  /** The message from its first octet, in blocks. A block is good until the next one is asked for. */
  blocks(): AsyncGenerator<Uint8Array>;
  /** Gives memory and file back. */
  release(): Promise<void>;
}

export interface Holding {
  /** Octets in memory at most. */
  readonly memory: number;
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Trouble with the file: no space, no permission. The message itself is not to blame. */
export class SpoolError extends Error {
  override readonly name = 'SpoolError';
}

const BLOCK = 64 * 1024;
const FIRST = 4 * 1024;

/**
 * Reads the whole message. `undefined` if the signal was aborted first.
 *
 * @throws whatever the message throws, or SpoolError
 */
export async function holdMessage(
  message: AsyncIterable<Uint8Array>,
  holding: Holding,
): Promise<HeldMessage | undefined> {
  const source = reader(message, holding.signal);
  const memory = growing(holding.memory);
  let file: SpoolFile | undefined;
  let whole = false;
  try {
    for (;;) {
      const chunk = await source.next();
      if (chunk === 'aborted') return undefined;
      if (chunk === 'end') break;
      const kept = memory.take(chunk);
      if (kept === chunk.length) continue;
      file ??= await openSpool(holding.directory);
      await file.append(chunk.subarray(kept));
    }
    await file?.flush();
    whole = true;
  } finally {
    source.close();
    if (!whole) await file?.close();
  }
  return held(memory.bytes(), file);
}

function held(start: Uint8Array, file: SpoolFile | undefined): HeldMessage {
  return {
    length: start.length + (file?.size() ?? 0),
    bytes: file === undefined ? start : undefined,
    async *blocks() {
      if (start.length > 0) yield start;
      if (file !== undefined) yield* file.blocks();
    },
    release: async () => file?.close(),
  };
}

/** Up to `limit` octets in one piece of memory. Chunks are copied: a source may use its buffers again. */
function growing(limit: number): { take(chunk: Uint8Array): number; bytes(): Uint8Array } {
  let buffer = Buffer.alloc(0);
  let used = 0;
  return {
    take(chunk) {
      const fits = Math.min(chunk.length, limit - used);
      if (used + fits > buffer.length) {
        const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(FIRST, 4 * (used + fits))));
        larger.set(buffer.subarray(0, used));
        buffer = larger;
      }
      buffer.set(chunk.subarray(0, fits), used);
      used += fits;
      return fits;
    },
    bytes: () => buffer.subarray(0, used),
  };
}

interface SpoolFile {
  append(octets: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  size(): number;
  blocks(): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

async function openSpool(directory: string): Promise<SpoolFile> {
  const handle = await attempt(async () => {
    const path = join(directory, `postern-qmqp-${randomUUID()}`);
    const opened = await open(path, 'wx+', 0o600);
    await unlink(path);
    return opened;
  });
  const block = Buffer.allocUnsafe(BLOCK);
  let used = 0;
  let size = 0;
  const write = (octets: Uint8Array): Promise<void> => attempt(() => writeAll(handle, octets));
  return {
    async append(octets) {
      size += octets.length;
      for (let rest = octets; rest.length > 0;) {
        const fits = rest.subarray(0, BLOCK - used);
        block.set(fits, used);
        used += fits.length;
        rest = rest.subarray(fits.length);
        if (used === BLOCK) {
          await write(block);
          used = 0;
        }
      }
    },
    async flush() {
      if (used > 0) await write(block.subarray(0, used));
      used = 0;
    },
    size: () => size,
    async *blocks() {
      for (let at = 0; at < size;) {
        const { bytesRead } = await attempt(() => handle.read(block, 0, BLOCK, at));
        if (bytesRead === 0) throw new SpoolError('the spool file is shorter than what was written to it');
        at += bytesRead;
        yield block.subarray(0, bytesRead);
      }
    },
    close: () => handle.close(),
  };
}

async function writeAll(handle: FileHandle, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += (await handle.write(octets, at, octets.length - at)).bytesWritten;
}

async function attempt<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new SpoolError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
