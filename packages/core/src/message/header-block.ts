/**
 * Finds the header of a message: a byte machine that says where each field starts and where the header ends. Must not
 * know what any field means.
 *
 * What is a field line follows mess822: a name of printable ASCII, then optional blanks, then a colon. The first line that
 * is neither that nor a continuation ends the header, whether it is empty or not: clients forget the empty line.
 */

const LF = 0x0a;
const COLON = 0x3a;
const TAB = 0x09;
const SPACE = 0x20;

const enum State {
  LineStart,
  Name,
  AfterName,
  Value,
  Done,
}

/** One field; all offsets count from the start of the message. */
export interface FieldSpan {
  readonly start: number;
  /** First octet after the name. */
  readonly nameEnd: number;
  /** First octet after the colon. */
  readonly valueStart: number;
  /** First octet of the next field, so that the line end is inside. */
  readonly end: number;
}

/** How the header ended. */
export type HeaderEnd =
  /** By an empty line. */
  | 'empty-line'
  /** By a line that is no field, without an empty line before it. */
  | 'other-line'
  /** With the message. */
  | 'end-of-message';

/** Push chunks until `ended` is set; `end` is then the offset of the first octet that is not header. */
export class HeaderScanner {
  readonly fields: FieldSpan[] = [];
  ended: HeaderEnd | undefined;
  /** Length of the header, without the empty line. */
  end = 0;

  #state: State = State.LineStart;
  #offset = 0;
  #lineStart = 0;
  #nameEnd = 0;
  // Of the field that is being read; -1 before the first.
  #fieldStart = -1;
  #fieldNameEnd = 0;
  #fieldValueStart = 0;

  /** Reads on. Returns true once the header has ended, somewhere in this chunk or in an earlier one. */
  push(chunk: Buffer): boolean {
    let state = this.#state;
    for (let i = 0; i < chunk.length && state !== State.Done; i++) {
      if (state === State.Value) {
        const lf = chunk.indexOf(LF, i);
        if (lf < 0) break;
        i = lf;
        state = State.LineStart;
        continue;
      }
      state = this.#step(state, chunk[i] as number, this.#offset + i);
    }
    this.#state = state;
    this.#offset += chunk.length;
    return state === State.Done;
  }

  /** The message is over. */
  finish(): void {
    if (this.#state === State.Done) return;
    // A last line without colon is no field, even if its line end is missing.
    const unfinished = this.#state === State.Name || this.#state === State.AfterName;
    if (unfinished) this.#close(this.#lineStart, 'other-line');
    else this.#close(this.#offset, 'end-of-message');
  }

  #step(state: State, octet: number, offset: number): State {
    if (state === State.LineStart) {
      this.#lineStart = offset;
      if (octet === LF) return this.#close(offset, 'empty-line');
      // A continuation of nothing is no header.
      if (octet === SPACE || octet === TAB)
        return this.#fieldStart < 0 ? this.#close(offset, 'other-line') : State.Value;
      return isNameOctet(octet) && octet !== COLON ? State.Name : this.#close(offset, 'other-line');
    }
    if (octet === COLON) return this.#open(state === State.Name ? offset : this.#nameEnd, offset + 1);
    if (octet === SPACE || octet === TAB) {
      if (state === State.Name) this.#nameEnd = offset;
      return State.AfterName;
    }
    return state === State.Name && isNameOctet(octet) ? State.Name : this.#close(this.#lineStart, 'other-line');
  }

  #open(nameEnd: number, valueStart: number): State {
    this.#finishField(this.#lineStart);
    this.#fieldStart = this.#lineStart;
    this.#fieldNameEnd = nameEnd;
    this.#fieldValueStart = valueStart;
    return State.Value;
  }

  #finishField(end: number): void {
    if (this.#fieldStart < 0) return;
    this.fields.push({ start: this.#fieldStart, nameEnd: this.#fieldNameEnd, valueStart: this.#fieldValueStart, end });
  }

  #close(end: number, how: HeaderEnd): State {
    this.#finishField(end);
    this.end = end;
    this.ended = how;
    this.#state = State.Done;
    return State.Done;
  }
}

// RFC 5322 §2.2: printable ASCII without colon and space.
const isNameOctet = (octet: number): boolean => octet > 32 && octet < 127;
