/** One message on its way: from MAIL to the end of its data. Dropped as a whole, never cleared field by field. */
import type { Envelope } from '../base/envelope.js';
import type { Mailbox } from '../base/mailbox.js';

export class Transaction {
  readonly recipients: Mailbox[] = [];
  /** Octets received by BDAT so far (RFC 3030). */
  chunkOctets = 0;

  constructor(
    readonly id: string,
    readonly sender: Mailbox | null,
    readonly body: Envelope['body'],
    readonly smtputf8: boolean,
  ) {}

  /** @param sender what a name table may have put in place of the client's */
  envelope(sender: Mailbox | null = this.sender): Envelope {
    return {
      sender,
      recipients: this.recipients,
      body: this.body,
      smtputf8: this.smtputf8,
    };
  }
}
