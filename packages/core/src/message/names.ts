/** Who is called what: the tables behind name.cdb (ofmipname(8)). */
import { z } from 'zod';
import type { Mailbox } from '../base/mailbox.js';
import { rawAddress } from '../base/mailbox.js';
import { checkOptions } from '../base/options.js';
import type { CdbReader } from './cdb.js';
import { textOf } from './octet-text.js';

/** What a table says about an envelope sender. */
export interface NameEntry {
  /** Shown in From. May be empty. */
  readonly name: string;
  /** Becomes the envelope sender and the address in From; `null` if the table gives none. */
  readonly address: Mailbox | null;
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;

/** Looks up a completed envelope sender. */
export interface NameTable {
  /** @throws Error for a damaged table: the message is deferred then. */
  find(sender: Mailbox | null): NameEntry | undefined;
}

/**
 * A name.cdb as ofmipname(8) makes it: key is the envelope sender, value `name NUL address`.
 *
 * The key is compared octet by octet, as ofmipd does; if nothing is found, once more with the host in lower case.
 */
export function cdbNames(cdb: CdbReader): NameTable {
  const at = (key: string): NameEntry | undefined => {
    const value = cdb.get(Buffer.from(key, 'utf8'));
    if (value === undefined) return undefined;
    const nul = value.indexOf(0);
    if (nul < 0) throw new Error('name table: a value without NUL');
    const name = textOf(value.toString('latin1', 0, nul));
    const address = textOf(value.toString('latin1', nul + 1));
    // It goes into the envelope, where a NUL ends an address (qmail-queue(8)). A user may have made this table.
    if (CONTROL.test(address)) throw new Error('name table: an address with a control character');
    return { name, address: mailboxOf(address) };
  };
  return { find: (sender) => firstOf(keysOf(sender), at) };
}

export const nameSettings = z.record(
  z.string(),
  z.strictObject({
    name: z.string().default(''),
    address: z
      .string()
      .refine((address) => !CONTROL.test(address), 'no control characters')
      .optional(),
  }),
);

/** Envelope sender to name and address; an address left out is the sender itself. */
export type NameSettings = z.input<typeof nameSettings>;

/** The same table as a plain map, `{ 'joe@example.com': { name: 'Joe', address: 'joe.shmoe@example.com' } }`. @throws OptionError */
export function mapNames(settings: NameSettings): NameTable {
  const entries = new Map<string, NameEntry>();
  for (const [key, { name, address }] of Object.entries(checkOptions('names', nameSettings, settings))) {
    const entry = { name, address: mailboxOf(address ?? key) };
    entries.set(key, entry);
    const [, lower] = keysOf(mailboxOf(key));
    if (lower !== undefined && !entries.has(lower)) entries.set(lower, entry);
  }
  return { find: (sender) => firstOf(keysOf(sender), (key) => entries.get(key)) };
}

const firstOf = (keys: readonly string[], at: (key: string) => NameEntry | undefined): NameEntry | undefined => {
  for (const key of keys) {
    const entry = at(key);
    if (entry !== undefined) return entry;
  }
  return undefined;
};

/** As it is, and with the host in lower case where that is something else. */
function keysOf(sender: Mailbox | null): readonly string[] {
  if (sender === null) return [''];
  const exact = rawAddress(sender);
  const lower = rawAddress({ localPart: sender.localPart, domain: sender.domain.toLowerCase() });
  return lower === exact ? [exact] : [exact, lower];
}

/** `local@host` without quotes, cut at the last @ (qmail-queue(8)); the empty string is the null sender. */
export function mailboxOf(raw: string): Mailbox | null {
  if (raw === '' || raw === '@') return null;
  const at = raw.lastIndexOf('@');
  return at < 0 ? { localPart: raw, domain: '' } : { localPart: raw.slice(0, at), domain: raw.slice(at + 1) };
}
