/** What a session is told by whoever set up the listener. Frozen; the same object serves every session of a listener. */
import type { Mailbox } from '../base/mailbox.js';
import type { Carries } from '../ports/queue.js';
import type { SenderPolicy } from '../ports/sender-policy.js';
import type { SaslVerifier } from '../ports/verifier.js';

export interface SessionRules {
  /** Name in the greeting, EHLO and CRAM challenges. */
  readonly hostname: string;
  /** STARTTLS can be offered. */
  readonly startTls: boolean;
  /** AUTH and mail only under TLS. False only where the listener says so. */
  readonly requireTls: boolean;
  /** Mail only after AUTH. */
  readonly requireLogin: boolean;
  /** Upper-case names of the mechanisms offered now, in order. Computed from what the verifiers can check. */
  readonly mechanisms: () => readonly string[];
  /** The verifier that leads this mechanism itself, if one does. */
  readonly leader: (mechanism: string) => SaslVerifier | undefined;
  readonly authzidAsLogin: boolean;
  /** What the queue can carry. */
  readonly carries: ReadonlySet<Carries>;
  /** The engine can do BDAT. */
  readonly chunking: boolean;
  /** Octets; 0 is no limit. */
  readonly messageSize: number;
  readonly recipients: number;
  /** Messages in one connection; 0 is no limit. */
  readonly messages: number;
  /** Replies of 5yz to commands before 421. */
  readonly errors: number;
  /** Failed logins before 421. */
  readonly failedLogins: number;
  /** Senders `#@[]` and `...-@[]` are allowed (qmail-send(8), VERP). */
  readonly verp: boolean;
  readonly senders: SenderPolicy;
  /** Gives an address the host that it needs. Called for every envelope address. */
  readonly complete: (mailbox: Mailbox) => Mailbox;
  /** At least 16 random octets in hexadecimal digits. */
  readonly nonce: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
