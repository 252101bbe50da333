/**
 * What happened, as log lines. The order of the keys is part of the contract: fail2ban and the like match
 * `"event":"authentication","outcome":"rejected","client":"192.0.2.1"` from the left.
 */
import type { AuthenticationEvent, ConnectionFacts, Event, MessageEvent, Observer, SessionEvent } from '@postern/core';
import type { Log } from './log.js';

export function logObserver(log: Log): Observer {
  return {
    observe(event) {
      // An observer must not throw, whatever is in the event.
      try {
        write(log, event);
      } catch (error) {
        log.error({ event: 'fault', where: 'log', cause: String(error) });
      }
    },
  };
}

function write(log: Log, event: Event): void {
  switch (event.event) {
    case 'session':
      log.info(session(event));
      return;
    case 'authentication':
      if (event.outcome === 'unavailable') log.error(authentication(event));
      else if (event.outcome === 'accepted') log.info(authentication(event));
      else log.warn(authentication(event));
      return;
    case 'message':
      if (event.outcome === 'deferred') log.error(message(event));
      else log.info(message(event));
      return;
    case 'fault':
      log.error({ event: 'fault', where: event.where, cause: event.cause, session: event.sessionId });
      return;
  }
}

const session = (event: SessionEvent) => ({
  event: 'session',
  outcome: event.ended,
  ...client(event),
  login: event.login,
  messages: event.messages,
  ms: Math.round(event.milliseconds),
  ...connection(event),
});

const authentication = (event: AuthenticationEvent) => ({
  event: 'authentication',
  outcome: event.outcome,
  ...client(event),
  login: event.login,
  mechanism: event.mechanism,
  verifier: event.verifier,
  cause: event.cause,
  ...connection(event),
});

// A line for a mailing to thousands stays a line that a log daemon takes.
const MOST_RECIPIENTS = 50;

const message = (event: MessageEvent) => ({
  event: 'message',
  outcome: event.outcome,
  ...client(event),
  login: event.login,
  sender: event.sender,
  recipients: event.recipients.slice(0, MOST_RECIPIENTS),
  ...(event.recipients.length > MOST_RECIPIENTS ? { recipientCount: event.recipients.length } : {}),
  size: event.size,
  id: event.id,
  messageId: event.messageId,
  cause: event.cause,
  ms: Math.round(event.milliseconds),
  ...connection(event),
});

const client = (event: ConnectionFacts) => ({ client: event.peer.address, port: event.peer.port });

const connection = (event: ConnectionFacts) => ({
  session: event.sessionId,
  listener: event.listener,
  tls: event.tls?.protocol,
  cipher: event.tls?.cipher,
});
