/** The one line that every connection leaves in the log. */
import type { ConnectionFacts } from '../ports/connection.js';
import type { SessionEvent } from '../ports/observer.js';
import type { Session } from '../session/session.js';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** @param session absent if the connection never came so far */
export function sessionReport(
  known: ConnectionFacts,
  session: Session | undefined,
  ended: string,
  milliseconds: number,
): SessionEvent {
  const { sessionId, peer, local, listener, tls } = session?.facts ?? known;
  const event: Writable<SessionEvent> = {
    event: 'session',
    sessionId,
    peer,
    local,
    listener,
    ended,
    messages: session?.messages ?? 0,
    milliseconds,
  };
  if (tls !== undefined) event.tls = tls;
  if (session?.identity !== undefined) event.login = session.identity.login;
  return event;
}
