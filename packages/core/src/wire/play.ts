/**
 * Plays a whole session from an array of chunks to an array of actions: no sockets, no TLS, no queue, no waiting. What the
 * outside answers is in a script, so that every path of a session can be written down as a value.
 */
import type { LineEndingPolicy } from '../message/line-endings.js';
import { replies } from '../base/replies.js';
import { formatReply } from '../base/reply.js';
import type { Reply } from '../base/reply.js';
import type { Envelope } from '../base/envelope.js';
import { MessageFault } from '../base/message-fault.js';
import type { TlsFacts } from '../ports/connection.js';
import type { QueueResult } from '../ports/queue.js';
import { replyToError, replyToQueue } from '../session/outcomes.js';
import type { Session } from '../session/session.js';
import type { Answer, Ask } from '../session/step.js';
import { Driver } from './driver.js';
import type { Actions } from './driver.js';

/** One thing that an engine would have done. */
export type PlayAction =
  /** As it goes over the wire. */
  | { readonly action: 'reply'; readonly text: string }
  | { readonly action: 'verify'; readonly ask: Ask }
  | { readonly action: 'start-tls' }
  | { readonly action: 'open'; readonly envelope: Envelope }
  /** Part of the message, with LF line ends. */
  | { readonly action: 'chunk'; readonly octets: Buffer }
  | { readonly action: 'commit' }
  /** The message broke off, or must not be taken: nothing is queued. */
  | { readonly action: 'abort' }
  | { readonly action: 'close' };

/** What the outside answers. */
export interface PlayScript {
  /** Default: everybody is rejected. */
  readonly verify?: (ask: Ask) => Answer;
  /** Default: every message is queued as `played`. */
  readonly queue?: (envelope: Envelope, message: Buffer) => QueueResult;
  /** What TLS turns out to be after STARTTLS. */
  readonly tls?: TlsFacts;
  /** Default `reject`. */
  readonly lineEndings?: LineEndingPolicy;
  /** The client ends its side behind the last chunk. Default true. */
  readonly ends?: boolean;
}

const TLS: TlsFacts = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: '' };

/** The greeting and everything after it. `chunks` are copied. */
export function playSession(session: Session, chunks: readonly Uint8Array[], script: PlayScript = {}): PlayAction[] {
  const player = new Player(session, script);
  player.driver.greet();
  for (const chunk of chunks) player.driver.push(Buffer.from(chunk));
  if (script.ends ?? true) player.driver.end();
  return player.actions;
}

class Player implements Actions {
  readonly actions: PlayAction[] = [];
  readonly driver: Driver;
  readonly #session: Session;
  readonly #script: PlayScript;
  #envelope: Envelope | undefined;
  #message: Buffer[] = [];
  #fault: MessageFault | undefined;

  constructor(session: Session, script: PlayScript) {
    this.#session = session;
    this.#script = script;
    this.driver = new Driver(session, script.lineEndings ?? 'reject', this);
  }

  reply(reply: Reply): void {
    this.actions.push({ action: 'reply', text: formatReply(reply) });
  }

  verify(ask: Ask): void {
    this.actions.push({ action: 'verify', ask });
    const answer = this.#script.verify?.(ask) ?? { outcome: 'rejected' };
    const reply = answer.outcome === 'challenge' ? this.#session.exchanged(answer) : this.#session.attempted(answer);
    this.driver.answered(reply);
  }

  startTls(): void {
    this.actions.push({ action: 'start-tls' });
    this.driver.secured(this.#script.tls ?? TLS);
  }

  open(): void {
    this.#envelope = this.#session.transaction?.envelope();
    this.#message = [];
    this.#fault = undefined;
    if (this.#envelope !== undefined) this.actions.push({ action: 'open', envelope: this.#envelope });
  }

  chunk(octets: Buffer): boolean {
    if (octets.length > 0 && this.#fault === undefined) {
      this.#message.push(octets);
      this.actions.push({ action: 'chunk', octets });
    }
    return true;
  }

  condemn(): void {
    this.#fault = new MessageFault('bare-line-ending');
    this.actions.push({ action: 'abort' });
  }

  chunkEnd(): boolean {
    if (this.#fault === undefined) return true;
    this.#finish(replyToError(this.#fault, this.#session.facts.sessionId));
    return false;
  }

  commit(): void {
    const envelope = this.#envelope;
    if (this.#fault !== undefined || envelope === undefined) {
      return this.#finish(replyToError(this.#fault, this.#session.facts.sessionId));
    }
    this.actions.push({ action: 'commit' });
    const queue = this.#script.queue ?? (() => ({ outcome: 'queued', id: 'played' }));
    this.#finish(replyToQueue(queue(envelope, Buffer.concat(this.#message))));
  }

  abort(): void {
    if (this.#fault === undefined) this.actions.push({ action: 'abort' });
    this.#finish(replies.internalError(this.#session.facts.sessionId));
  }

  close(): void {
    this.actions.push({ action: 'close' });
  }

  #finish(reply: Reply): void {
    this.#envelope = undefined;
    this.driver.finished(this.#session.finished(reply));
  }
}
