/** What the session knows about one message before its first octet. */
import type { Mailbox } from '../base/mailbox.js';
import type { Endpoint, TlsFacts } from '../ports/connection.js';

export interface MessageFacts {
  /** Id of the transaction; goes into Received and, made safe, into a new Message-ID. */
  readonly id: string;
  /** Our own name, as greeted with. */
  readonly hostname: string;
  /** What the client called itself, as it came. Empty if it said nothing. */
  readonly helo: string;
  readonly peer: Endpoint;
  readonly tls?: TlsFacts;
  /** EHLO, not HELO. */
  readonly extended: boolean;
  readonly authenticated: boolean;
  /** Canonical login. Not printed in Received. */
  readonly login?: string;
  /** The envelope sender, completed by the rewriting rules; `null` is `<>`. */
  readonly sender: Mailbox | null;
  /** Completed by the rewriting rules. */
  readonly recipients: readonly Mailbox[];
  /** When DATA was accepted. */
  readonly time: Date;
  /** The user's home directory, where the verifier gave one. */
  readonly home?: string;
}
