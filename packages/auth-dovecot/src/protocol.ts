/**
 * The client's side of Dovecot's authentication protocol as lines, in and out. Knows no socket.
 *
 * Lines end in LF and hold values separated by TAB; what is not known is ignored.
 */
import { isIP } from 'node:net';
import type { VerifyContext } from '@postern/core';
import { escapeValue, unescapeValue } from './escape.js';

/** Values by name; a name alone has an empty value. */
export type Fields = ReadonlyMap<string, string>;

/** A mechanism and what Dovecot says about it: `plaintext`, `anonymous`, `private`, ... */
export interface ListedMechanism {
  readonly name: string;
  readonly flags: ReadonlySet<string>;
}

/** What ends or carries on one request. */
export type Answer =
  | { readonly kind: 'continue'; readonly data: Buffer }
  | { readonly kind: 'ok'; readonly fields: Fields }
  | { readonly kind: 'fail'; readonly fields: Fields };

export type ServerLine =
  | { readonly line: 'version'; readonly major: number }
  | { readonly line: 'mechanism'; readonly mechanism: ListedMechanism }
  | { readonly line: 'done' }
  | { readonly line: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly line: 'unknown' };

/** @param text one line without its LF */
export function readLine(text: string): ServerLine {
  const [command = '', first = '', ...rest] = text.split('\t');
  switch (command) {
    case 'VERSION':
      return { line: 'version', major: Number(first) };
    case 'MECH':
      return { line: 'mechanism', mechanism: { name: first.toUpperCase(), flags: new Set(rest) } };
    case 'DONE':
      return { line: 'done' };
    case 'CONT':
      return answer(first, { kind: 'continue', data: Buffer.from(rest[0] ?? '', 'base64') });
    case 'OK':
      return answer(first, { kind: 'ok', fields: readFields(rest) });
    case 'FAIL':
      return answer(first, { kind: 'fail', fields: readFields(rest) });
    default:
      return { line: 'unknown' };
  }
}

const answer = (id: string, what: Answer): ServerLine =>
  /^\d{1,10}$/.test(id) ? { line: 'answer', id: Number(id), answer: what } : { line: 'unknown' };

function readFields(values: readonly string[]): Fields {
  const fields = new Map<string, string>();
  for (const value of values) {
    const equals = value.indexOf('=');
    if (equals < 0) fields.set(value, '');
    else fields.set(value.slice(0, equals), unescapeValue(value.slice(equals + 1)));
  }
  return fields;
}

/** @param cpid different for every connection: Dovecot refuses a number that another connection of any client has */
export const helloLines = (cpid: number): string => `VERSION\t1\t2\nCPID\t${cpid}\n`;

/** The beginning of a request. `response` goes last (the protocol wants that); `undefined` is not the same as empty. */
export function authLine(
  id: number,
  mechanism: string,
  service: string,
  context: VerifyContext,
  response: Buffer | undefined,
): string {
  const { peer, local, tls, sessionId } = context;
  const values = [`AUTH\t${id}\t${escapeValue(mechanism)}`, `service=${escapeValue(service)}`];
  if (tls !== undefined) values.push('secured');
  if (tls !== undefined && tls.servername !== '') values.push(`local_name=${escapeValue(tls.servername)}`);
  values.push(`session=${escapeValue(sessionId)}`);
  // Dovecot's penalty for guessing and its allow_nets look at these.
  if (isIP(local.address) !== 0) values.push(`lip=${local.address}`, `lport=${local.port}`);
  if (isIP(peer.address) !== 0) values.push(`rip=${peer.address}`, `rport=${peer.port}`);
  if (response !== undefined) values.push(`resp=${response.toString('base64')}`);
  return `${values.join('\t')}\n`;
}

export const continueLine = (id: number, response: Buffer): string => `CONT\t${id}\t${response.toString('base64')}\n`;

export const cancelLine = (id: number): string => `CANCEL\t${id}\n`;
