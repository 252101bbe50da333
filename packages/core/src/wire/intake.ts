/** One message on its way in: what the driver pushes, how fast the client sends it, and the submission that reads it. */
import type { Reply } from '../base/reply.js';
import type { SessionServices } from '../session/services.js';
import type { Session } from '../session/session.js';
import { submitMessage } from '../session/submit.js';
import { PushedMessage } from './message-source.js';
import type { Feeder } from './message-source.js';
import { Pace } from './pace.js';

export class Intake {
  readonly #message: PushedMessage;
  readonly #pace: Pace;

  /** @param idle milliseconds that the client may send nothing; @param now milliseconds */
  constructor(feeder: Feeder, idle: number, now: number) {
    this.#message = new PushedMessage(feeder);
    this.#pace = new Pace(idle, now);
  }

  /** Resolves with what is said about the message. */
  submit(session: Session, services: SessionServices, signal: AbortSignal): Promise<Reply> {
    return submitMessage(session, this.#message, services, signal);
  }

  /** @returns false if there is no room for more */
  take(octets: Buffer, read: number, now: number): boolean {
    this.#pace.fed(read, now);
    return this.#message.give(octets, read);
  }

  condemn(): void {
    this.#message.condemn('bare-line-ending');
  }

  /** A chunk of BDAT is in, and it was not the last. @returns false if the message has failed, so that this was its end */
  chunkEnd(): boolean {
    if (!this.#message.discarding) return true;
    this.#message.finish();
    return false;
  }

  finish(): void {
    this.#message.finish();
  }

  abandon(): void {
    this.#message.abandon();
  }

  /** The time up to now was the queue's. */
  excuse(now: number): void {
    this.#pace.excuse(now);
  }

  isLate(now: number): boolean {
    return this.#pace.isLate(now);
  }
}
