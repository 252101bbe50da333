/** May this user send as this address? */
import type { Mailbox } from '../base/mailbox.js';
import type { Identity } from './verifier.js';

export interface SenderPolicy {
  readonly name: string;
  /**
   * Asked for the envelope sender and for every mailbox of every From and Sender field. Never asked for the null sender:
   * there the fields of the header decide.
   */
  maySendAs(identity: Identity, mailbox: Mailbox): boolean;
}
