/** Fields that may be in a header once only (RFC 5322 §3.6) and are there again. */
import { MessageFault } from '../base/message-fault.js';
import { ONCE_ONLY } from './field-roles.js';
import type { Field } from './header-fields.js';

const NONE: ReadonlySet<Field> = new Set();

/** The fields to take away. @throws MessageFault `duplicate-field` under `refuse`. */
export function surplusFields(fields: readonly Field[], policy: 'refuse' | 'first' | 'keep'): ReadonlySet<Field> {
  if (policy === 'keep') return NONE;
  const seen = new Set<string>();
  const surplus = new Set<Field>();
  for (const field of fields) {
    if (!ONCE_ONLY.has(field.name)) continue;
    if (seen.has(field.name)) surplus.add(field);
    seen.add(field.name);
  }
  if (policy === 'refuse' && surplus.size > 0) throw new MessageFault('duplicate-field');
  return surplus;
}
