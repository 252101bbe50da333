/** What happened, for logs and metrics. Nothing here ever holds a secret or the text of a message. */
import type { ConnectionFacts } from './connection.js';

export type Event = SessionEvent | AuthenticationEvent | MessageEvent | FaultEvent;

/** One for every connection, when it has ended. */
export interface SessionEvent extends ConnectionFacts {
  readonly event: 'session';
  /** Why it ended: `quit`, `client-gone`, `timeout`, `too-many-errors`, `shutdown`, `tls-failed`, ... */
  readonly ended: string;
  readonly login?: string;
  readonly messages: number;
  readonly milliseconds: number;
}

/** One for every finished AUTH exchange. */
export interface AuthenticationEvent extends ConnectionFacts {
  readonly event: 'authentication';
  readonly outcome: 'accepted' | 'rejected' | 'unavailable' | 'blocked';
  readonly mechanism: string;
  /** As the client wrote it. */
  readonly login: string;
  /** The verifier that decided, where one did. */
  readonly verifier?: string;
  /** Why it was unavailable. */
  readonly cause?: string;
}

/** One for every message whose data was read, or whose client left in the middle of it. */
export interface MessageEvent extends ConnectionFacts {
  readonly event: 'message';
  readonly outcome: 'queued' | 'refused' | 'deferred' | 'abandoned';
  readonly login?: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly size: number;
  /** The queue's id, if queued. */
  readonly id?: string;
  readonly messageId?: string;
  /** Why it was not queued. */
  readonly cause?: string;
  readonly milliseconds: number;
}

/** Something of our own went wrong; the client was told 451 4.3.0 and the session id, and no more. */
export interface FaultEvent extends Partial<ConnectionFacts> {
  readonly event: 'fault';
  readonly where: string;
  readonly cause: string;
}

export interface Observer {
  /** Must not throw. */
  observe(event: Event): void;
}

/** Keeps nothing. */
export const silent: Observer = { observe: () => undefined };
