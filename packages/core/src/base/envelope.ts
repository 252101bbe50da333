/** What goes with a message to a queue. */
import type { Mailbox } from './mailbox.js';

/** Sender and recipients of one message (RFC 5321 §2.3.1). */
export interface Envelope {
  /** `null` is the null sender `<>`. */
  readonly sender: Mailbox | null;
  /** At least one, in the client's order, not merged. */
  readonly recipients: readonly Mailbox[];
  /** What BODY= declared (RFC 6152). */
  readonly body: '7bit' | '8bitmime';
  /** The client asked for SMTPUTF8 (RFC 6531); only where the queue carries it. */
  readonly smtputf8: boolean;
}
