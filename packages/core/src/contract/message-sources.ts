/** Messages for the queue suite: whole ones, slow ones, and those that never come to their end. */

/** In chunks of `size` octets. */
export async function* pieces(text: string, size = 16_384): AsyncGenerator<Uint8Array> {
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size);
}

/** The same with a pause before every chunk. */
export async function* drip(text: string, milliseconds: number, size = 16): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces(text, size)) {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    yield piece;
  }
}

/** Knows whether it was read to its end. */
export function counted(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> & { readonly ended: boolean } {
  let ended = false;
  return {
    get ended() {
      return ended;
    },
    async *[Symbol.asyncIterator]() {
      for (const chunk of chunks) yield chunk;
      ended = true;
    },
  };
}

/** Throws after so many octets. */
export async function* breaksOff(octets: number, error: Error): AsyncGenerator<Uint8Array> {
  for (let left = octets; left > 0; left -= 16_384) yield Buffer.alloc(Math.min(left, 16_384), 'x');
  throw error;
}

/** Gives so many octets, and then nothing until it is released. */
export function stalls(octets: number): {
  readonly message: AsyncIterable<Uint8Array>;
  readonly stalled: Promise<void>;
  release(): void;
} {
  let release = (): void => undefined;
  let reached = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const stalled = new Promise<void>((resolve) => {
    reached = resolve;
  });
  async function* message(): AsyncGenerator<Uint8Array> {
    for (let left = octets; left > 0; left -= 16_384) yield Buffer.alloc(Math.min(left, 16_384), 'x');
    reached();
    await released;
  }
  return { message: message(), stalled, release: () => release() };
}

/** 0 to 255, forwards, backwards, and with a line end between. */
export function allOctets(): Buffer {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  return Buffer.concat([
    Buffer.from('Subject: octets\n\n'),
    all,
    Buffer.from('\n'),
    Buffer.from(all).reverse(),
    Buffer.from('\n'),
  ]);
}

export const longLines = (): Buffer[] => [
  Buffer.from('Subject: long\n\n'),
  ...Array.from({ length: 10 }, (_, i) => Buffer.concat([Buffer.alloc(100_000, 97 + i), Buffer.from('\n')])),
];
