/**
 * Why a message cannot be taken although the client is still there. It travels through the message stream, so a queue
 * sees its source fail and commits nothing; the session turns it into a reply of the table.
 */

/** The causes; each is a row of replies.ts. */
export type FaultCause =
  | 'too-big'
  | 'too-many-hops'
  | 'bare-line-ending'
  | 'nul-byte'
  | 'header-too-big'
  | 'header-malformed'
  | 'duplicate-field'
  | 'sender-not-allowed';

/** Thrown by the message while a queue reads it. Nothing may have been committed then. */
export class MessageFault extends Error {
  override readonly name = 'MessageFault';
  readonly reason: FaultCause;

  constructor(reason: FaultCause) {
    super(`message not taken: ${reason}`);
    this.reason = reason;
  }
}

/** Thrown by the message when the client goes away before the end of the data. Nothing may have been committed then. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';

  constructor() {
    super('the client left before the end of the message');
  }
}
