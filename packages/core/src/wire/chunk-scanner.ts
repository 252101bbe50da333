/**
 * The octets of BDAT chunks (RFC 3030 §2), as a pure byte machine: counts them, and turns CRLF into LF across chunks. There
 * are no dots to take away and no end to look for. Must not know sockets or what becomes of the message.
 */
import type { LineEndingPolicy } from '../message/line-endings.js';

const CR = 0x0d;
const LF = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);

export class ChunkScanner {
  readonly #reject: boolean;
  #left = 0;
  /** Behind a CR, for which an LF has been given out already. */
  #cr = false;
  #bare = false;

  /** What the last `push` gave: part of the message, with LF line ends. Shares memory with the input. */
  output = NOTHING;

  constructor(policy: LineEndingPolicy) {
    this.#reject = policy === 'reject';
  }

  /** Octets of the chunk that are still to come. */
  get left(): number {
    return this.#left;
  }

  /** There was a bare CR or LF, and the policy is `reject`: nothing more is given out. */
  get bare(): boolean {
    return this.#bare;
  }

  /** Another chunk of the same message: so many octets. */
  expect(octets: number): void {
    this.#left = octets;
  }

  /** The last chunk is in: a CR at its end is a bare one. */
  end(): void {
    if (this.#cr && this.#reject) this.#bare = true;
  }

  /**
   * Reads `input` from `from` on, and overwrites what it has read.
   *
   * @returns the offset behind the chunk, or the length of `input`
   */
  push(input: Buffer, from = 0): number {
    const end = Math.min(input.length, from + this.#left);
    this.#left -= end - from;
    let i = from;
    let to = from;
    if (this.#cr && i < end) {
      this.#cr = false;
      if (input[i] === LF) i++;
      else this.#condemn();
    }
    while (i < end) {
      const lineEnd = nextLineEnd(input, i, end);
      if (to !== i) input.copyWithin(to, i, lineEnd);
      to += lineEnd - i;
      i = lineEnd;
      if (i === end) break;
      const octet = input[i++];
      input[to++] = LF;
      if (octet === LF) this.#condemn();
      else if (i === end) this.#cr = true;
      else if (input[i] === LF) i++;
      else this.#condemn();
    }
    this.output = this.#bare || to === from ? NOTHING : input.subarray(from, to);
    return end;
  }

  #condemn(): void {
    if (this.#reject) this.#bare = true;
  }
}

function nextLineEnd(input: Buffer, from: number, end: number): number {
  let i = from;
  while (i < end && input[i] !== CR && input[i] !== LF) i++;
  return i;
}
