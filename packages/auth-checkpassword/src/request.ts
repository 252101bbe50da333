/** What goes to descriptor 3 (cr.yp.to/checkpwd/interface.html). Nothing is ever cut to make it fit. */
import type { Credentials } from '@postern/core';
import type { CramOrder } from './options.js';

/** The octets, or why there are none: a field that would end early, or more than the program can take. */
export type Request = Buffer | 'nul' | 'too-long';

/**
 * Always three fields, each with a NUL behind it: login, password, nothing; or login, challenge and response in the order
 * that the program wants. Whoever gets the octets wipes them.
 */
export function encodeRequest(credentials: Credentials, limit: number, order: CramOrder): Request {
  const fields = [Buffer.from(credentials.login, 'utf8'), ...secondAndThird(credentials, order)];
  if (fields.some((field) => field.includes(0))) return 'nul';
  const length = fields.reduce((sum, field) => sum + field.length + 1, 0);
  if (length > limit) return 'too-long';
  // Filled with zero, and not from the pool that others are given parts of: it holds a password.
  const request = Buffer.alloc(length);
  let at = 0;
  for (const field of fields) at += field.copy(request, at) + 1;
  return request;
}

function secondAndThird(credentials: Credentials, order: CramOrder): [Buffer, Buffer] {
  if (credentials.kind === 'password') return [credentials.password.bytes(), Buffer.alloc(0)];
  const challenge = Buffer.from(credentials.challenge, 'utf8');
  const response = Buffer.from(credentials.response, 'utf8');
  return order === 'challenge-response' ? [challenge, response] : [response, challenge];
}
