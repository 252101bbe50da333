/** From what an IMAP server answered to a verdict. Its texts go nowhere: a server may repeat in them what it was sent. */
import type { Verdict } from '@postern/core';

/** What imapflow puts on its errors, as far as it is looked at here. */
interface ImapFailure {
  readonly message?: unknown;
  /** `AUTHENTICATE` or `LOGIN` was what failed. */
  readonly authenticationFailed?: unknown;
  /** `NO` or `BAD`, if the server said so. */
  readonly responseStatus?: unknown;
  /** The response code, upper case (RFC 5530). */
  readonly serverResponseCode?: unknown;
  /** Name of an errno, or one of imapflow's own. */
  readonly code?: unknown;
}

// RFC 5530 §3, RFC 3501 §7.1: a NO with one of these says nothing about the password. Everything else that comes with
// NO does: AUTHENTICATIONFAILED, AUTHORIZATIONFAILED, EXPIRED, ALERT, CONTACTADMIN (Dovecot's word for an account that may
// not log in), and no code at all.
const NO_REFUSAL = new Set([
  'UNAVAILABLE',
  'PRIVACYREQUIRED',
  'INUSE',
  'SERVERBUG',
  'CLIENTBUG',
  'CANNOT',
  'LIMIT',
  'OVERQUOTA',
  'THROTTLED',
]);

export function verdictOfFailure(error: unknown): Verdict {
  const failure: ImapFailure = typeof error === 'object' && error !== null ? error : {};
  const status = text(failure.responseStatus);
  const code = text(failure.serverResponseCode);
  if (failure.authenticationFailed === true && status === 'NO' && !NO_REFUSAL.has(code)) return { outcome: 'rejected' };
  // With BAD the server has not understood the question (RFC 3501 §7.1.3).
  if (status !== '') return { outcome: 'unavailable', cause: `the server answered ${status}${code && ` [${code}]`}` };
  const why = text(failure.code) || text(failure.message) || 'no answer';
  return { outcome: 'unavailable', cause: why };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
