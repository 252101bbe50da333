/** A session without sockets: rules with defaults, verdicts chosen by the test. */
import { knownSenders } from '../../src/policy/senders.js';
import type { Reply } from '../../src/base/reply.js';
import { formatReply } from '../../src/base/reply.js';
import type { ConnectionFacts } from '../../src/ports/connection.js';
import type { SessionRules } from '../../src/session/rules.js';
import { Session } from '../../src/session/session.js';
import { isAsk } from '../../src/session/step.js';
import type { Ask, Step } from '../../src/session/step.js';

export const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: 'mail.example.com' };

export const facts: ConnectionFacts = {
  sessionId: 'session1',
  peer: { address: '192.0.2.1', port: 40_000 },
  local: { address: '192.0.2.25', port: 587 },
  listener: 'submission',
};

export const rules = (changes: Partial<SessionRules> = {}): SessionRules => ({
  hostname: 'mail.example.com',
  startTls: true,
  requireTls: true,
  requireLogin: true,
  mechanisms: () => ['PLAIN', 'LOGIN', 'CRAM-MD5'],
  leader: () => undefined,
  authzidAsLogin: false,
  carries: new Set(['8bit'] as const),
  chunking: false,
  messageSize: 1000,
  recipients: 3,
  messages: 0,
  errors: 5,
  failedLogins: 2,
  verp: false,
  senders: knownSenders,
  complete: (mailbox) => (mailbox.domain === '' ? { ...mailbox, domain: 'example.com' } : mailbox),
  nonce: () => '0123456789abcdef0123456789abcdef',
  now: () => 1_700_000_000_000,
  ...changes,
});

/** A session that is past what the test is not about. */
export function session(
  at: 'start' | 'tls' | 'authenticated' | 'mail' | 'rcpt' = 'start',
  changes: Partial<SessionRules> = {},
): Session {
  const started = new Session(at === 'start' ? facts : { ...facts, tls }, rules(changes));
  if (at === 'start') return started;
  started.command('EHLO client.example');
  if (at === 'tls') return started;
  started.attempted({ outcome: 'accepted', identity: { login: 'alice' } });
  if (at === 'authenticated') return started;
  started.command('MAIL FROM:<alice@example.com>');
  if (at === 'mail') return started;
  started.command('RCPT TO:<bob@example.net>');
  return started;
}

export function reply(step: Step): Reply {
  if (isAsk(step)) throw new Error(`a reply was expected, not the question ${step.ask}`);
  return step;
}

export function ask(step: Step): Ask {
  if (!isAsk(step)) throw new Error(`a question was expected, not ${formatReply(step)}`);
  return step;
}

/** `553 5.6.7`, or `220` for a reply without enhanced status code. */
export function status(step: Step): string {
  const said = reply(step);
  return said.status === undefined
    ? String(said.code)
    : `${said.code} ${Math.floor(said.code / 100)}.${said.status.join('.')}`;
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64');
