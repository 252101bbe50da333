/**
 * An address as the queue wants it: a local part without quotes and a domain in A-label form. How a client wrote it is
 * read by path.ts.
 */

/** One mailbox (RFC 5321 §2.3.11). */
export interface Mailbox {
  /** Without quotes and backslashes: `a b` for `"a b"@example.com`. */
  readonly localPart: string;
  /** A-labels or an address literal with its brackets; empty where the client gave none and nothing completed it. */
  readonly domain: string;
}

// RFC 5321 §4.1.2: Dot-string; anything else has to be quoted.
const DOT_STRING = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+)*$/;

/** `local@domain` as qmail-queue takes it: raw, no quotes (qmail-queue(8)). */
export function rawAddress(mailbox: Mailbox): string {
  return mailbox.domain === '' ? mailbox.localPart : `${mailbox.localPart}@${mailbox.domain}`;
}

/** `local@domain` as RFC 5321 and 5322 write it, with a quoted local part where it must be. */
export function formatMailbox(mailbox: Mailbox): string {
  const local = DOT_STRING.test(mailbox.localPart)
    ? mailbox.localPart
    : `"${mailbox.localPart.replace(/[\\"]/g, '\\$&')}"`;
  return mailbox.domain === '' ? local : `${local}@${mailbox.domain}`;
}

/** A reverse-path: `<local@domain>`, or `<>` for the null sender. */
export function formatPath(mailbox: Mailbox | null): string {
  return mailbox === null ? '<>' : `<${formatMailbox(mailbox)}>`;
}

/** True if any character of the address is outside ASCII, so that only SMTPUTF8 (RFC 6531) could carry it. */
export function needsUtf8(mailbox: Mailbox): boolean {
  // eslint-disable-next-line no-control-regex
  return /[^\x00-\x7f]/.test(mailbox.localPart) || /[^\x00-\x7f]/.test(mailbox.domain);
}

/** Same mailbox: local parts byte for byte, domains in any case (RFC 5321 §2.4). */
export function sameMailbox(a: Mailbox, b: Mailbox): boolean {
  return a.localPart === b.localPart && a.domain.toLowerCase() === b.domain.toLowerCase();
}
