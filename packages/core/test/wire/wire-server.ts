/** A server on our own engine, with a queue that remembers and users that exist. Loopback, any free port. */
import { connectSmtp, issueCertificate, waitFor } from '@postern/testkit';
import type { SmtpClient } from '@postern/testkit';
import { onTestFinished } from 'vitest';
import { certificates } from '../../src/certificates.js';
import type { Envelope } from '../../src/base/envelope.js';
import { ClientGone } from '../../src/base/message-fault.js';
import { rawAddress } from '../../src/base/mailbox.js';
import type { Event, SessionEvent } from '../../src/ports/observer.js';
import type { Queue, QueueContext, QueueResult } from '../../src/ports/queue.js';
import type { Verifier } from '../../src/ports/verifier.js';
import { createSubmissionServer } from '../../src/submission-server.js';
import type { BoundListener, SubmissionServer, SubmissionServerOptions } from '../../src/submission-server.js';
import { wireEngine } from '../../src/wire/engine.js';

export const USER = 'alice';
export const PASSWORD = 'open sesame';
export const LOGIN = `AUTH PLAIN ${Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')}`;

export interface QueuedMessage {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly text: string;
}

/** A queue that remembers; `take` stands in for what it does with a message. */
export interface RememberingQueue extends Queue {
  readonly queued: QueuedMessage[];
  /** Messages that broke off. */
  readonly broken: unknown[];
}

export function rememberingQueue(
  take: (message: AsyncIterable<Uint8Array>, context: QueueContext) => Promise<string | QueueResult> = readAll,
): RememberingQueue {
  const queued: QueuedMessage[] = [];
  const broken: unknown[] = [];
  return {
    name: 'remembering',
    carries: new Set(['8bit'] as const),
    queued,
    broken,
    async submit(envelope: Envelope, message, context) {
      try {
        const taken = await take(message, context);
        if (typeof taken !== 'string') return taken;
        const sender = envelope.sender === null ? '' : rawAddress(envelope.sender);
        queued.push({ sender, recipients: envelope.recipients.map(rawAddress), text: taken });
        return { outcome: 'queued', id: String(queued.length) };
      } catch (error) {
        broken.push(error);
        throw error;
      }
    },
  };
}

export async function readAll(message: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

/** Knows USER; anybody else is wrong. */
export const knownUser: Verifier = {
  name: 'known',
  checks: new Set(['password'] as const),
  verify: (credentials) =>
    Promise.resolve(
      credentials.kind === 'password' && credentials.login === USER && credentials.password.text() === PASSWORD
        ? { outcome: 'accepted', identity: { login: USER } }
        : { outcome: 'rejected' },
    ),
};

export interface WireServer {
  readonly server: SubmissionServer;
  readonly queue: RememberingQueue;
  readonly events: Event[];
  /** In the order of their listeners: STARTTLS, implicit TLS, no TLS. */
  readonly bound: readonly BoundListener[];
  readonly starttls: { port: number };
  readonly implicit: { port: number; tls: 'implicit' };
  readonly plain: { port: number };
  /** Ends of sessions, once there are so many. */
  readonly sessions: (count: number) => Promise<readonly SessionEvent[]>;
}

type Changes = Partial<Omit<SubmissionServerOptions, 'queue'>> & { readonly queue?: RememberingQueue };

/** Three listeners; closed when the test is over, and then nothing may be left of it. */
export async function startWire(changes: Changes = {}): Promise<WireServer> {
  const queue = changes.queue ?? rememberingQueue();
  const events: Event[] = [];
  const server = createSubmissionServer({
    hostname: 'mail.example',
    engine: wireEngine(),
    certificates: certificates({ pairs: [await issueCertificate()] }),
    verifiers: [knownUser],
    observer: { observe: (event) => events.push(event) },
    listen: [
      { address: '127.0.0.1', port: 0, tls: 'starttls', name: 'starttls' },
      { address: '127.0.0.1', port: 0, tls: 'implicit', name: 'implicit' },
      { address: '127.0.0.1', port: 0, tls: 'none', requireTls: false, name: 'plain' },
    ],
    ...changes,
    limits: { failureDelay: 0, connectionsPerAddress: 2000, ...changes.limits },
    queue,
  });
  const bound = await server.start();
  onTestFinished(async () => {
    await server.close(0);
    if (server.connections > 0) throw new Error(`${server.connections} connections are left behind`);
  });
  const port = (name: string): number => bound.find((listener) => listener.name === name)?.port ?? 0;
  const ended = (): SessionEvent[] => events.filter((event) => event.event === 'session');
  return {
    server,
    queue,
    events,
    bound,
    starttls: { port: port('starttls') },
    implicit: { port: port('implicit'), tls: 'implicit' },
    plain: { port: port('plain') },
    sessions: async (count) => {
      await waitFor(`the end of ${count} sessions`, () => ended().length >= count);
      return ended();
    },
  };
}

/** Greeted, EHLO said, logged in. */
export async function loggedIn(target: { port: number; tls?: 'implicit' }): Promise<SmtpClient> {
  const client = await connectSmtp(target);
  onTestFinished(() => client.destroy());
  await client.reply();
  await client.ehlo();
  const reply = await client.command(LOGIN);
  if (reply.code !== 235) throw new Error(reply.lines.join(' / '));
  return client;
}

/** MAIL, RCPT and DATA, answered. */
export async function enterData(client: SmtpClient): Promise<void> {
  for (const line of ['MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.net>', 'DATA']) {
    const reply = await client.command(line);
    if (reply.code >= 400) throw new Error(reply.lines.join(' / '));
  }
}

/** True if the error says that the client left. */
export const isClientGone = (error: unknown): boolean => error instanceof ClientGone;
