/**
 * CRLF to LF, as a pure byte machine. For engines that hand over data with CRLF line ends; our own engine does the same
 * in its data scanner. Must not know what a header is, or where the data ends.
 */
import { MessageFault } from '../base/message-fault.js';

/** What happens to a CR without LF and to a LF without CR. */
export type LineEndingPolicy = 'reject' | 'normalise';

const CR = 0x0d;
const LF = 0x0a;

/** From this length on a native search and copy beats a loop over octets. */
const LONG_LINE = 128;

const NOTHING: readonly Uint8Array[] = [];

/**
 * Turns CRLF into LF.
 *
 * A bare CR or LF never gets through as it is: software further on may take it for a line end and so read an end of data
 * that nobody else saw (SMTP smuggling, RFC 5321 §2.3.8). `reject` throws; `normalise` makes each of them one LF.
 */
export class LineEndings {
  readonly #reject: boolean;
  /** The last octet of the previous chunk was a CR, and what it belongs to is not known yet. */
  #pendingCr = false;

  constructor(policy: LineEndingPolicy) {
    this.#reject = policy === 'reject';
  }

  /** @throws MessageFault `bare-line-ending` under `reject`. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (chunk.length === 0) return NOTHING;
    const input = asBuffer(chunk);
    if (!this.#pendingCr && input.indexOf(CR) < 0) {
      if (this.#reject && input.indexOf(LF) >= 0) throw new MessageFault('bare-line-ending');
      return [chunk];
    }
    const output = Buffer.allocUnsafe(input.length + 1);
    const length = this.#convert(input, output);
    return length === 0 ? NOTHING : [output.subarray(0, length)];
  }

  /** @throws MessageFault `bare-line-ending` under `reject`, if the data ended with a CR. */
  end(): readonly Uint8Array[] {
    if (!this.#pendingCr) return NOTHING;
    this.#pendingCr = false;
    if (this.#reject) throw new MessageFault('bare-line-ending');
    return [Buffer.from([LF])];
  }

  #convert(input: Buffer, output: Buffer): number {
    const length = input.length;
    let at = 0;
    let i = this.#pendingCr ? this.#afterCr(input, 0) : 0;
    if (this.#pendingCr) output[at++] = LF;
    this.#pendingCr = false;
    let lineStart = i;
    while (i < length) {
      const octet = input[i++] as number;
      // Nearly every octet of a message is one of these; NUL to LF below CR are rare.
      if (octet > CR || (octet !== CR && octet !== LF)) {
        output[at++] = octet;
        continue;
      }
      if (octet === LF) {
        if (this.#reject) throw new MessageFault('bare-line-ending');
      } else if (i === length) {
        this.#pendingCr = true;
        break;
      } else {
        i = this.#afterCr(input, i);
      }
      output[at++] = LF;
      if (i - lineStart > LONG_LINE) {
        const lines = copyLongLines(input, i, output, at);
        at = lines.at;
        i = lines.next;
      }
      lineStart = i;
    }
    return at;
  }

  /** Where to go on after a CR that `input[i]` follows. */
  #afterCr(input: Buffer, i: number): number {
    if (input[i] === LF) return i + 1;
    if (this.#reject) throw new MessageFault('bare-line-ending');
    return i;
  }
}

/** Copies whole lines as long as they are long and end with CRLF. */
function copyLongLines(input: Buffer, from: number, output: Buffer, to: number): { next: number; at: number } {
  let next = from;
  let at = to;
  for (;;) {
    const lf = input.indexOf(LF, next);
    // The CR right before this LF must be the first one: the loop sees to every other case.
    if (lf - next < LONG_LINE || input[lf - 1] !== CR || input.indexOf(CR, next) !== lf - 1) return { next, at };
    at += input.copy(output, at, next, lf - 1);
    output[at++] = LF;
    next = lf + 1;
  }
}

const asBuffer = (chunk: Uint8Array): Buffer =>
  Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
