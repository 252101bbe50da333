/** What answers a session's questions. One object serves every session of a listener. */
import type { Authenticator } from '../auth/attempt.js';
import type { Clock } from '../base/clock.js';
import type { MessageOptions } from '../message/options.js';
import type { Observer } from '../ports/observer.js';
import type { Queue } from '../ports/queue.js';

export interface SessionServices {
  readonly authenticator: Authenticator;
  readonly queue: Queue;
  readonly message: MessageOptions;
  readonly observer: Observer;
  readonly clock: Clock;
}

/** The data of one message as an engine reads it: LF line ends, dots unstuffed. Read once. */
export interface MessageSource extends AsyncIterable<Uint8Array> {
  /**
   * Reads what is left up to the end of the data and throws it away, so that the reply comes when the client looks for
   * it. Gives up after `octets` more: `too-much`, and the connection has to be closed.
   *
   * @throws ClientGone
   */
  discard(octets: number): Promise<'ended' | 'too-much'>;
}
