/**
 * The octets of DATA, as a pure byte machine: finds CRLF.CRLF, takes the stuffed dots away and turns CRLF into LF, in one
 * pass. Must not know sockets, headers or what becomes of the message.
 *
 * Nothing but CRLF.CRLF ends the data (RFC 5321 §4.1.1.4). Software that also takes LF.LF, CR.CR or a mixture for the end
 * reads a second message where a sender meant one (SMTP smuggling), so under `reject` a bare CR or LF condemns the
 * message, and under `normalise` each becomes one LF that ends a line and never the data.
 */
import type { LineEndingPolicy } from '../message/line-endings.js';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** Where the machine stands, between two octets. */
const enum At {
  /** At the start of the data, or behind CRLF. */
  LineStart,
  Text,
  /** Behind a CR, for which an LF has been given out already. */
  Cr,
  /** Behind a dot that follows CRLF; the dot is not part of the message. */
  Dot,
  /** Behind such a dot and a CR; nothing has been given out for either. */
  DotCr,
  /** Behind CRLF.CRLF. */
  End,
}

const NOTHING: Buffer = Buffer.alloc(0);

export class DataScanner {
  readonly #reject: boolean;
  #at: At = At.LineStart;
  #bare = false;

  /** What the last `push` gave: part of the message, with LF line ends. Shares memory with the input. */
  output = NOTHING;

  constructor(policy: LineEndingPolicy) {
    this.#reject = policy === 'reject';
  }

  /** CRLF.CRLF has been read. */
  get ended(): boolean {
    return this.#at === At.End;
  }

  /** There was a bare CR or LF, and the policy is `reject`: nothing more is given out, but the end is still found. */
  get bare(): boolean {
    return this.#bare;
  }

  /**
   * Reads `input` from `from` on, and overwrites what it has read: the message is moved together in place.
   *
   * @returns the offset behind the end of the data, or the length of `input`
   */
  push(input: Buffer, from = 0): number {
    const late = this.#at === At.DotCr && from < input.length && input[from] !== LF;
    return late ? this.#afterDotAndBareCr(input, from) : this.#scan(input, from);
  }

  /** The CR at the end of the previous input was bare, and its LF has no room in this one. Rare enough to copy for. */
  #afterDotAndBareCr(input: Buffer, from: number): number {
    const copy = Buffer.allocUnsafe(input.length - from + 1);
    copy[0] = CR;
    input.copy(copy, 1, from);
    this.#at = At.Text;
    return this.#scan(copy, 0) - 1 + from;
  }

  #scan(input: Buffer, from: number): number {
    const { length } = input;
    const words = new DataView(input.buffer, input.byteOffset, length);
    let at = this.#at;
    let bare = false;
    let i = from;
    let to = from;
    while (i < length && at !== At.End) {
      if (at === At.Text) {
        // Nearly all of a message is text, so it goes by four octets at a time, unless one of them may end a line.
        for (let word; i + 4 <= length && !hasControl((word = words.getInt32(i, true))); i += 4, to += 4) {
          words.setInt32(to, word, true);
        }
        let octet = 0;
        while (i < length && (octet = input[i++] as number) !== CR && octet !== LF) input[to++] = octet;
        if (octet === LF) bare = true;
        else if (octet !== CR) break;
        else if (i === length || input[i] !== LF) at = At.Cr;
        else if (++i >= length - 1) at = At.LineStart;
        else if (input[i] === DOT) {
          // A stuffed dot, as a rule; with a CR behind it, perhaps the end.
          if (input[i + 1] === CR) at = At.LineStart;
          else i++;
        }
        input[to++] = LF;
        continue;
      }
      const octet = input[i++] as number;
      if (at === At.LineStart && octet === DOT) {
        at = At.Dot;
      } else if (at === At.Cr && octet === LF) {
        at = At.LineStart;
      } else if (at === At.DotCr) {
        at = At.End;
      } else if (at === At.Dot && octet === CR) {
        if (i === length) {
          at = At.DotCr;
        } else if (input[i] === LF) {
          i++;
          at = At.End;
        } else {
          bare = true;
          input[to++] = LF;
          at = At.Text;
        }
      } else {
        bare ||= at === At.Cr;
        at = At.Text;
        i--;
      }
    }
    this.#at = at;
    if (bare && this.#reject) this.#bare = true;
    this.output = this.#bare || to === from ? NOTHING : input.subarray(from, to);
    return i;
  }
}

/** One of the four octets is below 14, as CR and LF are. */
const hasControl = (word: number): boolean => ((word - 0x0e0e0e0e) & ~word & 0x80808080) !== 0;
