/** The lines of a users file, read. Knows nothing of files: it is given octets. */
import { costOf, dummyHash, looksLikeHash, parseHash } from './password-hash.js';
import type { PasswordHash } from './password-hash.js';

export type Entry =
  { readonly kind: 'clear'; readonly password: Buffer } | { readonly kind: 'hashed'; readonly hash: PasswordHash };

export interface Users {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Some entry is in clear: CRAM-MD5 answers can be checked. */
  readonly someInClear: boolean;
  /** At the cost of the dearest hash in the file; absent if all entries are in clear. */
  readonly dummy?: PasswordHash;
}

/** What is wrong with a line. Never holds any of what stands in it. */
export interface LineFault {
  /** From 1. */
  readonly line: number;
  readonly found: string;
  readonly allowed: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How logins are compared. */
export type LoginCase = 'exact' | 'ignore';

export const loginKey = (login: string, loginCase: LoginCase): string =>
  loginCase === 'ignore' ? login.toLowerCase() : login;

/**
 * `login:password` and `login:$scrypt$...`, one a line; the first colon ends the login, and a password may hold more of
 * them. Empty lines and lines that begin with `#` are skipped; space around login and password is dropped, as
 * tmda-ofmipd does. A login without a password is one that cannot log in.
 */
export function parseUsers(octets: Buffer, loginCase: LoginCase): Users | LineFault {
  const entries = new Map<string, Entry>();
  const lines = new Map<string, number>();
  let dummy: PasswordHash | undefined;
  let someInClear = false;
  // Latin-1 keeps every octet: a password is octets, whatever the character set of those who wrote it.
  for (const [index, raw] of octets.toString('latin1').split('\n').entries()) {
    const line = index + 1;
    const text = trim(raw);
    if (text === '' || text.startsWith('#')) continue;
    const colon = text.indexOf(':');
    if (colon < 0) return { line, found: 'no colon', allowed: 'login:password, login:$scrypt$..., or # for a comment' };
    const login = decodeLogin(trim(text.slice(0, colon)));
    if (login === undefined) return { line, found: 'a login that is not UTF-8', allowed: 'UTF-8' };
    if (!isUsableLogin(login))
      return { line, found: 'no login, or control characters in it', allowed: 'a login before the colon' };
    const key = loginKey(login, loginCase);
    const before = lines.get(key);
    if (before !== undefined) return { line, found: `the login of line ${before} again`, allowed: 'every login once' };
    lines.set(key, line);
    const password = trim(text.slice(colon + 1));
    if (looksLikeHash(password)) {
      const hash = parseHash(password);
      if (hash === undefined)
        return {
          line,
          found: 'a hash that cannot be read',
          allowed: '$scrypt$ln=15,r=8,p=1$salt$hash, at most 256 MiB',
        };
      entries.set(key, { kind: 'hashed', hash });
      if (dummy === undefined || costOf(hash) > costOf(dummy)) dummy = dummyHash(hash);
    } else if (password !== '') {
      if (/[\0\r]/.test(password))
        return { line, found: 'NUL or CR in a password', allowed: 'passwords that a client can send' };
      entries.set(key, { kind: 'clear', password: Buffer.from(password, 'latin1') });
      someInClear = true;
    }
  }
  return { entries, someInClear, ...(dummy === undefined ? {} : { dummy }) };
}

// Not String.trim: in Latin-1 it would take octets of UTF-8 for spaces (0xA0, 0x85).
const trim = (text: string): string => text.replace(/^[ \t]+|[ \t\r]+$/g, '');

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;

export const isUsableLogin = (login: string): boolean => login !== '' && !login.startsWith('#') && !CONTROL.test(login);

function decodeLogin(latin1: string): string | undefined {
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return undefined;
  }
}
