/** Has a session's question answered and hands the answer back. The one place where a session waits for a verifier. */
import type { Reply } from '../base/reply.js';
import type { VerifyContext } from '../ports/verifier.js';
import type { SessionServices } from './services.js';
import type { Session } from './session.js';
import type { Ask } from './step.js';

/** @param work aborted when the client leaves; aborted here when the answer takes too long. Never rejects. */
export async function conduct(
  session: Session,
  ask: Ask,
  services: SessionServices,
  work: AbortController,
): Promise<Reply> {
  const context = (mechanism: string): VerifyContext => ({ ...session.facts, mechanism, signal: work.signal });
  const { authenticator } = services;
  switch (ask.ask) {
    case 'verify':
      return session.attempted(
        await authenticator.attempt(ask.credentials, context(ask.credentials.mechanism), () => work.abort()),
      );
    case 'refuse':
      return session.attempted(await authenticator.refuse(ask.login, context(ask.mechanism)));
    case 'exchange':
      return session.exchanged(await authenticator.advance(ask.exchange, ask.response, context(ask.mechanism)));
  }
}
