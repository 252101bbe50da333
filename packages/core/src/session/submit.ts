/**
 * The way of one message from the engine to the queue, and what is said about it. Nothing is 250 that the queue has not
 * called `queued` after reading the whole message.
 */
import { ClientGone, MessageFault } from '../base/message-fault.js';
import { formatMailbox } from '../base/mailbox.js';
import type { Mutable } from '../base/mutable.js';
import type { Reply } from '../base/reply.js';
import { replies } from '../base/replies.js';
import { prepareMessage } from '../message/prepare.js';
import type { Preparation } from '../message/prepare.js';
import type { MessageFacts } from '../message/facts.js';
import type { MessageEvent } from '../ports/observer.js';
import type { QueueContext, QueueResult } from '../ports/queue.js';
import { replyToError, replyToQueue } from './outcomes.js';
import type { MessageSource, SessionServices } from './services.js';
import type { Session } from './session.js';
import type { Transaction } from './transaction.js';

// Without a size limit of its own a refused message is still not read for ever.
const MOST_DISCARDED = 100 * 1024 * 1024;

/** Feeds the message of the session's transaction to the queue. Never rejects; the session has gone on when it returns. */
export async function submitMessage(
  session: Session,
  source: MessageSource,
  services: SessionServices,
  signal: AbortSignal,
): Promise<Reply> {
  const { transaction } = session;
  // A state that no client can bring about.
  if (transaction === undefined) return session.finished(replies.internalError(session.facts.sessionId));
  const started = services.clock.now();
  const attempt = await attemptSubmission(session, transaction, source, services, signal);
  let { reply } = attempt;
  if (!attempt.whole) {
    // Over the limit at most twice the limit is read.
    const most = session.messageSize > 0 ? session.messageSize : MOST_DISCARDED;
    const left = await source.discard(most).catch(() => 'gone' as const);
    if (left !== 'ended') reply = { ...reply, close: true };
  }
  services.observer.observe(describe(session, transaction, attempt, services.clock.now() - started));
  return session.finished(reply);
}

interface Attempt {
  readonly reply: Reply;
  readonly outcome: MessageEvent['outcome'];
  /** The source was read to its end. */
  readonly whole: boolean;
  readonly size: number;
  readonly cause?: string;
  readonly id?: string;
  readonly messageId?: string;
}

async function attemptSubmission(
  session: Session,
  transaction: Transaction,
  source: MessageSource,
  services: SessionServices,
  signal: AbortSignal,
): Promise<Attempt> {
  const { sessionId } = session.facts;
  const progress = { whole: false };
  let preparation: Preparation | undefined;
  try {
    preparation = prepareMessage(messageFacts(session, transaction, services), messageOptions(session, services));
    const envelope = transaction.envelope(preparation.sender);
    const message = prepared(session, source, preparation, progress);
    const result = await services.queue.submit(envelope, message, queueContext(session, signal));
    return settled(result, preparation, progress.whole, sessionId);
  } catch (error) {
    const seen = preparation === undefined ? { size: 0 } : findings(preparation);
    if (error instanceof MessageFault) {
      return {
        ...seen,
        reply: replyToError(error, sessionId),
        outcome: 'refused',
        whole: progress.whole,
        cause: error.reason,
      };
    }
    if (error instanceof ClientGone) {
      return {
        ...seen,
        reply: replies.internalError(sessionId),
        outcome: 'abandoned',
        whole: true,
        cause: 'client-gone',
      };
    }
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    services.observer.observe({ ...session.facts, event: 'fault', where: services.queue.name, cause });
    return {
      ...seen,
      reply: replyToError(error, sessionId),
      outcome: 'deferred',
      whole: progress.whole,
      cause: 'fault',
    };
  }
}

function settled(result: QueueResult, preparation: Preparation, whole: boolean, sessionId: string): Attempt {
  const { size } = preparation;
  if (result.outcome === 'queued' && !whole) {
    // It says "queued" and cannot have seen the message.
    const cause = 'the queue did not read the whole message';
    return { ...findings(preparation), reply: replies.internalError(sessionId), outcome: 'deferred', whole, cause };
  }
  const attempt: Mutable<Attempt> = { reply: replyToQueue(result), outcome: result.outcome, whole, size };
  if (preparation.messageId !== undefined) attempt.messageId = preparation.messageId;
  if (result.outcome === 'queued') attempt.id = result.id;
  else {
    const cause = result.cause ?? result.text;
    if (cause !== undefined) attempt.cause = cause;
  }
  return attempt;
}

/** The message as the queue reads it. The sender policy sees the header before the queue sees any of it. */
async function* prepared(
  session: Session,
  source: MessageSource,
  preparation: Preparation,
  progress: { whole: boolean },
): AsyncGenerator<Uint8Array, void, undefined> {
  let checked = false;
  for await (const chunk of source) {
    const ready = preparation.push(chunk);
    if (!checked && preparation.headerSeen) {
      checkAuthors(session, preparation);
      checked = true;
    }
    for (const piece of ready) yield piece;
  }
  // From here on there is nothing left to discard, whatever is found.
  progress.whole = true;
  const rest = preparation.end();
  if (!checked) checkAuthors(session, preparation);
  for (const piece of rest) yield piece;
}

/** Every mailbox of every From and Sender, not the first alone: the null sender is no way round this. */
function checkAuthors(session: Session, preparation: Preparation): void {
  const { identity } = session;
  if (identity === undefined) return;
  const { senders } = session.rules;
  if (preparation.authors.some((author) => !senders.maySendAs(identity, author))) {
    throw new MessageFault('sender-not-allowed');
  }
}

function messageFacts(session: Session, transaction: Transaction, services: SessionServices): MessageFacts {
  const { identity, facts } = session;
  const told: Mutable<MessageFacts> = {
    id: transaction.id,
    hostname: session.rules.hostname,
    helo: session.helo,
    peer: facts.peer,
    extended: session.extended,
    authenticated: identity !== undefined,
    sender: transaction.sender,
    recipients: transaction.recipients,
    time: new Date(services.clock.now()),
  };
  if (facts.tls !== undefined) told.tls = facts.tls;
  if (identity !== undefined) told.login = identity.login;
  if (identity?.home !== undefined) told.home = identity.home;
  return told;
}

function queueContext(session: Session, signal: AbortSignal): QueueContext {
  const { identity, facts } = session;
  const context: Mutable<QueueContext> = {
    sessionId: facts.sessionId,
    peer: facts.peer,
    local: facts.local,
    listener: facts.listener,
    signal,
  };
  if (facts.tls !== undefined) context.tls = facts.tls;
  if (identity !== undefined) context.identity = identity;
  return context;
}

/** A user's own size limit wins over the server's. */
const messageOptions = (session: Session, services: SessionServices): SessionServices['message'] =>
  session.messageSize === services.message.sizeLimit
    ? services.message
    : { ...services.message, sizeLimit: session.messageSize };

const findings = (preparation: Preparation): { size: number; messageId?: string } => ({
  size: preparation.size,
  ...(preparation.messageId === undefined ? {} : { messageId: preparation.messageId }),
});

function describe(session: Session, transaction: Transaction, attempt: Attempt, milliseconds: number): MessageEvent {
  const { identity, facts } = session;
  const event: Mutable<MessageEvent> = {
    event: 'message',
    outcome: attempt.outcome,
    sessionId: facts.sessionId,
    peer: facts.peer,
    local: facts.local,
    listener: facts.listener,
    sender: transaction.sender === null ? '' : formatMailbox(transaction.sender),
    recipients: transaction.recipients.map(formatMailbox),
    size: attempt.size,
    milliseconds,
  };
  if (facts.tls !== undefined) event.tls = facts.tls;
  if (identity !== undefined) event.login = identity.login;
  if (attempt.id !== undefined) event.id = attempt.id;
  if (attempt.messageId !== undefined) event.messageId = attempt.messageId;
  if (attempt.cause !== undefined) event.cause = attempt.cause;
  return event;
}
