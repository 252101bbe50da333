/** From a server's answer to the result of a queue. Nothing of the server's text passes unless it is safe for a client. */
import type { QueueResult } from '@postern/core';
import type { Answer } from './answer.js';

const ID_LIMIT = 200;
const REPLY_LIMIT = 400;

/** `now` in milliseconds, for an id where the server gives none. */
export function outcome(answer: Answer, now: number): QueueResult {
  const said = printable(answer.text);
  if (answer.verb === 'K') return { outcome: 'queued', id: identifier(said, now) };
  const { text, status } = withStatus(said, answer.verb === 'D' ? '5' : '4');
  return {
    outcome: answer.verb === 'D' ? 'refused' : 'deferred',
    ...(text === '' ? {} : { text: text.slice(0, REPLY_LIMIT) }),
    ...(status === undefined ? {} : { status }),
    cause: said === '' ? `${answer.verb} without text` : said.slice(0, REPLY_LIMIT),
  };
}

// Line ends and control octets would let a server write replies of its own into the session.
const printable = (text: string): string =>
  text
    .replace(/[^\x20-\x7e\x80-\xff]+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim();

/** qmail says `ok 1700000000 qp 4711`, Postfix `Ok: queued as 3A1B2C`, mailfront `2.6.0 Accepted message qp 4711`. */
function identifier(said: string, now: number): string {
  const id = said
    .replace(/^2\.\d{1,3}\.\d{1,3} +/, '')
    .replace(/^ok[: ]+/i, '')
    .slice(0, ID_LIMIT);
  return id === '' || /^ok$/i.test(id) ? `${Math.floor(now / 1000)} qmqp` : id;
}

/** `5.7.1 text` as mailfront writes it, `text (#5.7.1)` as qmail does. A status of the other class is not used. */
function withStatus(said: string, kind: '4' | '5'): { text: string; status?: readonly [number, number] } {
  const leading = /^([245])\.(\d{1,3})\.(\d{1,3})(?: +|$)/.exec(said);
  const text = leading === null ? said : said.slice(leading[0].length);
  const found = leading ?? /\(#([245])\.(\d{1,3})\.(\d{1,3})\)$/.exec(said);
  if (found === null || found[1] !== kind) return { text };
  return { text, status: [Number(found[2]), Number(found[3])] };
}
