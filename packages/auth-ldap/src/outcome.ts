/** LDAP result codes (RFC 4511 appendix A), and what they say about a password. */

/** The number of a result that the server gave; `undefined` for any other error. */
export function resultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

export const NO_SUCH_OBJECT = 32;
const INVALID_DN_SYNTAX = 34;
const INAPPROPRIATE_AUTHENTICATION = 48;
const INVALID_CREDENTIALS = 49;

// A login of these characters is a value of every syntax; if the server takes offence at the DN, the template is wrong.
const PLAIN_LOGIN = /^[A-Za-z0-9._@-]+$/;

/**
 * Is this answer to the user's bind a refusal? Invalid credentials are; an entry that does not exist (some servers say
 * so) or has no password; a DN that cannot be one, if the login made it so. Everything else is no word about the password.
 */
export const isRefusal = (code: number | undefined, login: string): boolean =>
  code === INVALID_CREDENTIALS ||
  code === INAPPROPRIATE_AUTHENTICATION ||
  code === NO_SUCH_OBJECT ||
  (code === INVALID_DN_SYNTAX && !PLAIN_LOGIN.test(login));

/** For the log. What the server writes beside its code is not taken along: it may repeat what it was sent. */
export function describeFailure(step: string, error: unknown): string {
  const code = resultCode(error);
  if (code !== undefined) return `${step}: LDAP result ${code}`;
  const { code: errno, message } = error as { code?: unknown; message?: unknown };
  if (typeof errno === 'string') return `${step}: ${errno}`;
  return `${step}: ${typeof message === 'string' ? (message.split('\n')[0] ?? '') : 'no answer'}`;
}
