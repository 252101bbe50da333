/** What each header field is to a submission server. */

export type FieldRole =
  /** An address list whose hosts are completed (the fields of ofmipd(8)). */
  | 'addresses'
  /** From and Sender: the same, and the sender policy is asked. */
  | 'authors'
  | 'date'
  | 'message-id'
  /** Counted against loops, otherwise left alone. */
  | 'hop'
  /** Never goes on. */
  | 'dropped'
  /** A DKIM signature: whatever it covers had better stay as it is. */
  | 'signature'
  | 'other';

const ROLES: ReadonlyMap<string, FieldRole> = new Map<string, FieldRole>([
  ['to', 'addresses'],
  ['cc', 'addresses'],
  ['reply-to', 'addresses'],
  ['mail-reply-to', 'addresses'],
  ['mail-followup-to', 'addresses'],
  ['notice-requested-upon-delivery-to', 'addresses'],
  ['from', 'authors'],
  ['sender', 'authors'],
  ['date', 'date'],
  ['message-id', 'message-id'],
  ['received', 'hop'],
  ['delivered-to', 'hop'],
  // A blind copy that everybody can read is none (RFC 5322 §3.6.3); the recipients are in the envelope already.
  ['bcc', 'dropped'],
  ['resent-bcc', 'dropped'],
  // RFC 5321 §4.4: the final delivery adds it.
  ['return-path', 'dropped'],
  ['apparently-to', 'dropped'],
  // Wrong as soon as anything changes, and read by some mailbox formats.
  ['content-length', 'dropped'],
  ['dkim-signature', 'signature'],
]);

/** @param name in lower case */
export const roleOf = (name: string): FieldRole => ROLES.get(name) ?? 'other';

/** RFC 5322 §3.6: at most one of each; MIME fields by RFC 2045 §3. */
export const ONCE_ONLY: ReadonlySet<string> = new Set([
  'date',
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'message-id',
  'in-reply-to',
  'references',
  'subject',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
]);
