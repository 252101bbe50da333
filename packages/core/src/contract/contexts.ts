/** A made-up connection, for asking verifiers and queues without a server. */
import type { ConnectionFacts } from '../ports/connection.js';
import type { QueueContext } from '../ports/queue.js';
import type { VerifyContext } from '../ports/verifier.js';

const facts: ConnectionFacts = {
  sessionId: 'contract',
  // TEST-NET-1 (RFC 5737): nobody's.
  peer: { address: '192.0.2.1', port: 40000 },
  local: { address: '192.0.2.2', port: 587 },
  listener: 'contract',
  tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: 'mail.example.com' },
};

// One for each question: what listens to it goes away with it.
const never = (): AbortSignal => new AbortController().signal;

export const verifyContext = (signal: AbortSignal = never(), mechanism = 'PLAIN'): VerifyContext => ({
  ...facts,
  mechanism,
  signal,
});

export const queueContext = (signal: AbortSignal = never()): QueueContext => ({
  ...facts,
  identity: { login: 'contract' },
  signal,
});
