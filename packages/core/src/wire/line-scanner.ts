/**
 * Command lines and the lines of an AUTH exchange, as a pure byte machine. Must not know what a command is, but for the one
 * word that makes a line longer.
 *
 * A line ends with LF, with or without CR before it: hand-made clients and ofmipd's users send bare LF, and a command that
 * is read one line early harms nobody. (In the data it would: see data-scanner.ts.) A CR anywhere else is part of the line,
 * and the session refuses it like any other control character.
 */

/** RFC 4954 §4, without the line end. */
export const AUTH_LINE = 12_288;

/** RFC 5321 §4.5.3.1.4 has 512; extensions add to it, and qmail takes addresses of 1000 octets. */
export const COMMAND_LINE = 2_048;

/** A client that goes on and on is not looking for the end of a line. */
export const ENDLESS_LINE = 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/** What was found. */
export type Line =
  /** In `text`. */
  | 'line'
  /** The line was too long and is gone. What follows is the next line. */
  | 'too-long'
  /** No end of line in sight, and none is waited for any longer. */
  | 'endless'
  /** The line goes on in the next input. */
  | 'more';

export class LineScanner {
  #held = '';
  #skipped = 0;

  /** The line that was found, one character per octet, without its line end. */
  text = '';
  /** Where in the input to go on. */
  next = 0;

  /** What has been read of a line that is not too long. */
  get held(): string {
    return this.#held;
  }

  /** A line that is too long goes by. */
  get skipping(): boolean {
    return this.#skipped > 0;
  }

  /** Looks for one line in `input` from `from` on. `exchange`: it is a line of an AUTH exchange. */
  read(input: Buffer, from: number, exchange: boolean): Line {
    const lf = input.indexOf(LF, from);
    const end = lf < 0 ? input.length : lf;
    this.next = lf < 0 ? end : lf + 1;
    if (this.#skipped > 0) return this.#skip(end - from, lf >= 0);
    const octets = this.#held.length + end - from;
    const limit = octets > COMMAND_LINE ? this.#limit(input, from, exchange) : COMMAND_LINE;
    // One more for the CR, which may be the last octet of this input.
    if (octets > limit + 1) return this.#skip(octets, lf >= 0);
    if (lf < 0) {
      this.#held += input.toString('latin1', from, end);
      return 'more';
    }
    this.text = this.#line(input, from, end);
    return this.text.length > limit ? 'too-long' : 'line';
  }

  #line(input: Buffer, from: number, end: number): string {
    if (this.#held === '') return input.toString('latin1', from, end > from && input[end - 1] === CR ? end - 1 : end);
    const line = this.#held + input.toString('latin1', from, end);
    this.#held = '';
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  /** Forgets what has been read of a line. */
  clear(): void {
    this.#held = '';
    this.#skipped = 0;
    this.text = '';
  }

  #skip(octets: number, ended: boolean): Line {
    this.#held = '';
    this.#skipped = ended ? 0 : this.#skipped + octets;
    if (ended) return 'too-long';
    return this.#skipped > ENDLESS_LINE ? 'endless' : 'more';
  }

  #limit(input: Buffer, from: number, exchange: boolean): number {
    if (exchange) return AUTH_LINE;
    const start =
      this.#held.length >= 5 ? this.#held.slice(0, 5) : this.#held + input.toString('latin1', from, from + 5);
    return /^auth /i.test(start) ? AUTH_LINE : COMMAND_LINE;
  }
}
