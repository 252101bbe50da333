/**
 * What a QMQP server says: one netstring whose first octet is the outcome (cr.yp.to/proto/qmqp.html). A pure machine that
 * takes octets in any pieces; knows nothing of sockets.
 */

export type Verb = 'K' | 'Z' | 'D';

export interface Answer {
  readonly verb: Verb;
  /** As it came, one character an octet, at most 1024. */
  readonly text: string;
}

/** More than this is read by nobody. */
const TEXT_LIMIT = 1024;
// A longer number would be a gigabyte of text: not QMQP.
const DIGITS = 9;

export interface AnswerReader {
  push(octets: Uint8Array): void;
  /** The outcome is known, and as much of the text as came. */
  readonly answer: Answer | undefined;
  /** Nothing more is needed. */
  readonly complete: boolean;
  /** It is not QMQP. */
  readonly malformed: boolean;
}

/**
 * The outcome counts from its one octet on: whoever wrote `K` has the message, and if the rest of the text is lost, a
 * second copy is worse than a lost text. qmail-qmqpc(8) does the same.
 */
export function answerReader(): AnswerReader {
  let state: 'length' | 'verb' | 'text' | 'complete' | 'malformed' = 'length';
  let digits = '';
  let left = 0;
  let verb: Verb | undefined;
  let text = '';

  function take(octet: number): void {
    const character = String.fromCharCode(octet);
    if (state === 'length') {
      if (octet >= 0x30 && octet <= 0x39 && digits.length < DIGITS) digits += character;
      else if (character === ':' && Number(digits) > 0) {
        left = Number(digits);
        state = 'verb';
      } else state = 'malformed';
      return;
    }
    left--;
    if (state === 'verb') {
      if (character === 'K' || character === 'Z' || character === 'D') {
        verb = character;
        state = 'text';
      } else {
        state = 'malformed';
        return;
      }
    } else text += character;
    if (left === 0 || text.length >= TEXT_LIMIT) state = 'complete';
  }

  return {
    push(octets) {
      for (const octet of octets) {
        if (state === 'complete' || state === 'malformed') return;
        take(octet);
      }
    },
    get answer() {
      return verb === undefined ? undefined : { verb, text };
    },
    get complete() {
      return state === 'complete';
    },
    get malformed() {
      return state === 'malformed';
    },
  };
}
