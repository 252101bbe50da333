/** Whose is it now? Every place a message can go to is one of these. */
import type { Envelope } from '../base/envelope.js';
import type { ConnectionFacts } from './connection.js';
import type { Identity } from './verifier.js';

/** What a queue can carry beyond RFC 5321; EHLO advertises only what is here. */
export type Carries = '8bit' | 'smtputf8';

/**
 * Three outcomes. `text` is for the client and has been made safe for it; `status` is subject and detail of the
 * enhanced status code. Nothing is 250 before `queued`.
 */
export type QueueResult =
  | { readonly outcome: 'queued'; readonly id: string }
  | {
      readonly outcome: 'refused';
      readonly text?: string;
      readonly status?: readonly [number, number];
      /** For the log only. */
      readonly cause?: string;
    }
  | {
      readonly outcome: 'deferred';
      readonly text?: string;
      readonly status?: readonly [number, number];
      /** For the log only. */
      readonly cause?: string;
    };

/** What is known about the message besides its envelope. */
export interface QueueContext extends ConnectionFacts {
  /** Absent on a listener that asks for no login. */
  readonly identity?: Identity;
  /** Aborted when the server must end now: commit nothing that is not committed yet. */
  readonly signal: AbortSignal;
}

/**
 * A queue.
 *
 * `message` gives the finished message with LF line ends, once. It throws (a `MessageFault` or `ClientGone`) if the
 * message must not be taken: then nothing may have been committed, whatever was opened is given back, and `submit`
 * rejects with that same error. It rejects for nothing else: trouble of its own is `deferred`.
 */
export interface Queue {
  /** Short and stable, for logs: `qmail-queue`, `maildir`. */
  readonly name: string;
  readonly carries: ReadonlySet<Carries>;
  submit(envelope: Envelope, message: AsyncIterable<Uint8Array>, context: QueueContext): Promise<QueueResult>;
  /** Ends pools. Absent: there is nothing to end. */
  close?(): Promise<void>;
}
