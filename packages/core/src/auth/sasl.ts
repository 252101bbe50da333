/** What every SASL mechanism of ours looks like: a pure machine, fed with decoded responses. Knows no SMTP text. */
import type { Credentials } from '../ports/verifier.js';

/** What a mechanism wants after one response. */
export type SaslStep =
  | { readonly step: 'challenge'; readonly challenge: string }
  | { readonly step: 'credentials'; readonly credentials: Credentials }
  /** The response has not the form that the mechanism asks for. */
  | { readonly step: 'malformed' }
  /** Understood, and refused without asking any verifier: an empty password, another authzid. Counts as a failed login. */
  | { readonly step: 'refused'; readonly login: string };

export interface SaslMachine {
  /** @param response the decoded response; `undefined` if AUTH came without an initial one */
  step(response: Buffer | undefined): SaslStep;
}

/** What a mechanism needs from outside. */
export interface SaslSetting {
  readonly hostname: string;
  /** At least 16 random octets as hexadecimal digits, new for every call. */
  readonly nonce: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** An empty authcid is taken from the authzid. Default in the options: false. */
  readonly authzidAsLogin: boolean;
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A login as text; `undefined` if it is not UTF-8 (RFC 4616 §2). */
export function decodeLogin(octets: Uint8Array): string | undefined {
  try {
    return utf8.decode(octets);
  } catch {
    return undefined;
  }
}

/** No verifier is asked about an empty login, or one that could split a line of its protocol. */
export const isUsableLogin = (login: string): boolean => login !== '' && !CONTROL.test(login);

/** An empty password would make an LDAP server bind anonymously, and accept (RFC 4513 §5.1.2). */
export function isUsablePassword(password: Uint8Array): boolean {
  if (password.length === 0) return false;
  for (const octet of password) if (octet < 0x20 || octet === 0x7f) return false;
  return true;
}
