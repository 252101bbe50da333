/** Who is it? Every way to know a user is one of these. */
import type { Secret } from '../base/secret.js';
import type { ConnectionFacts } from './connection.js';

/** What a client showed: a password (PLAIN, LOGIN), or an answer to a challenge (CRAM-MD5). */
export type Credentials = PasswordCredentials | CramCredentials;

export interface PasswordCredentials {
  readonly kind: 'password';
  /** The mechanism by which it came, `PLAIN` or `LOGIN`. */
  readonly mechanism: string;
  /** The login as the client wrote it; no NUL, no control characters, not empty. */
  readonly login: string;
  /** Not empty, no NUL. Wiped by the caller when the verifier has answered. */
  readonly password: Secret;
}

/** RFC 2195. */
export interface CramCredentials {
  readonly kind: 'cram-md5';
  readonly mechanism: 'CRAM-MD5';
  readonly login: string;
  /** The decoded challenge with its angle brackets. */
  readonly challenge: string;
  /** 32 lower-case hexadecimal digits, without the login. */
  readonly response: string;
}

/** Who it is, once accepted. */
export interface Identity {
  /** The canonical login: what the verifier calls this user, or else what the client wrote. */
  readonly login: string;
  /**
   * Addresses the user may send as: `user@example.com`, `@example.com` for a whole domain, or a bare local part.
   * Absent: the verifier does not know, and the sender policy alone decides.
   */
  readonly addresses?: readonly string[];
  /** Limits of this user's own; what is absent is the server's. */
  readonly limits?: { readonly messageSize?: number; readonly recipients?: number };
  readonly uid?: number;
  readonly gid?: number;
  readonly home?: string;
}

/**
 * Three outcomes, never two (RFC 4954 §6): `rejected` is a real refusal (535 5.7.8) and nothing else is;
 * whatever kept the verifier from knowing is `unavailable` (454 4.7.0).
 */
export type Verdict =
  | { readonly outcome: 'accepted'; readonly identity: Identity }
  | { readonly outcome: 'rejected' }
  | { readonly outcome: 'unavailable'; readonly cause: string };

/** What is known about the client while it is being asked who it is. */
export interface VerifyContext extends ConnectionFacts {
  readonly mechanism: string;
  /** Aborted when the client leaves or the deadline passes: give up, and answer `unavailable`. */
  readonly signal: AbortSignal;
}

/** What a verifier can check. The AUTH line is computed from this, never configured past it. */
export type Check = 'password' | 'cram-md5';

/**
 * A verifier. It never rejects its promise for an outage: that is `unavailable`. (If it does all the same, the cause is
 * logged and the client gets 454.)
 */
export interface Verifier {
  /** Short and stable, for logs: `checkpassword`, `file`. */
  readonly name: string;
  readonly checks: ReadonlySet<Check>;
  verify(credentials: Credentials, context: VerifyContext): Promise<Verdict>;
  /** Ends pools and watchers. Absent: there is nothing to end. */
  close?(): Promise<void>;
}

/** One step of a SASL exchange that somebody else leads. */
export type ExchangeStep = Verdict | { readonly outcome: 'challenge'; readonly challenge: Buffer };

/** A running SASL exchange (RFC 4954 §4). */
export interface SaslExchange {
  /** The client's next response; `undefined` for an AUTH command without initial response. */
  step(response: Buffer | undefined): Promise<ExchangeStep>;
  /** The client sent `*` or left. */
  cancel(): void;
}

/**
 * A verifier that leads whole SASL exchanges itself (Dovecot's socket does), so that mechanisms this project does not
 * know can be offered: it is asked first for every mechanism it lists.
 */
export interface SaslVerifier extends Verifier {
  /** Upper-case mechanism names, as they go into the AUTH line. May change over time. */
  readonly mechanisms: ReadonlySet<string>;
  begin(mechanism: string, context: VerifyContext): SaslExchange;
}

/** True if `verifier` leads SASL exchanges itself. */
export const leadsSasl = (verifier: Verifier): verifier is SaslVerifier =>
  'begin' in verifier && typeof verifier.begin === 'function' && 'mechanisms' in verifier;
