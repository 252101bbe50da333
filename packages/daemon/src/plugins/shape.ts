/** Is it a verifier, is it a queue? For what came from a module that TypeScript never saw. */
import type { Queue, Verifier } from '@postern/core';

const CHECKS = ['password', 'cram-md5'];
const CARRIES = ['8bit', 'smtputf8'];

/** What keeps `value` from being a Verifier, in one line; undefined if nothing does. */
export function verifierFault(value: unknown): string | undefined {
  return memberFault(value, 'checks', CHECKS, 'verify');
}

/** What keeps `value` from being a Queue, in one line; undefined if nothing does. */
export function queueFault(value: unknown): string | undefined {
  return memberFault(value, 'carries', CARRIES, 'submit');
}

export const isVerifier = (value: unknown): value is Verifier => verifierFault(value) === undefined;
export const isQueue = (value: unknown): value is Queue => queueFault(value) === undefined;

function memberFault(value: unknown, set: string, members: readonly string[], method: string): string | undefined {
  if (typeof value !== 'object' || value === null) return `${value === null ? 'null' : typeof value} and no object`;
  const found = value as Record<string, unknown>;
  if (typeof found['name'] !== 'string' || found['name'] === '') return 'an object without a name';
  const listed = found[set];
  // By behaviour: a Set of another realm, or a view of one, will do.
  if (!isSetLike(listed)) return `an object whose ${set} is no Set`;
  const stranger = [...listed].find((member) => !members.includes(String(member)));
  if (stranger !== undefined) return `an object whose ${set} holds ${JSON.stringify(stranger)}`;
  if (typeof found[method] !== 'function') return `an object without the method ${method}`;
  if (found['close'] !== undefined && typeof found['close'] !== 'function') return 'an object whose close is no method';
  return undefined;
}

const isSetLike = (value: unknown): value is ReadonlySet<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { has?: unknown }).has === 'function' &&
  typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';
