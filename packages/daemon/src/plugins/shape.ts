/** Is it a queue? For what came from a module that TypeScript never saw. (Verifiers: `checkVerifier` of @postern/core.) */
import type { Queue } from '@postern/core';

const CARRIES = ['8bit', 'smtputf8'];

export const isQueue = (value: unknown): value is Queue => queueFault(value) === undefined;

/** What keeps `value` from being a Queue, in one line; undefined if nothing does. */
export function queueFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return `${value === null ? 'null' : typeof value} and no object`;
  const found = value as Readonly<Record<string, unknown>>;
  if (typeof found['name'] !== 'string' || found['name'] === '') return 'an object without a name';
  const { carries } = found;
  // By behaviour: a Set of another realm, or a view of one, will do.
  if (!isSetLike(carries)) return 'an object whose carries is no Set';
  const stranger = [...carries].find((member) => !CARRIES.includes(String(member)));
  if (stranger !== undefined) return `an object whose carries holds ${JSON.stringify(stranger)}`;
  if (typeof found['submit'] !== 'function') return 'an object without the method submit';
  if (found['close'] !== undefined && typeof found['close'] !== 'function') return 'an object whose close is no method';
  return undefined;
}

const isSetLike = (value: unknown): value is ReadonlySet<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'has' in value &&
  typeof value.has === 'function' &&
  Symbol.iterator in value;
