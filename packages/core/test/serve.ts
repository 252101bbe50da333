/** A submission server in this process, for tests that need sockets and no daemon. */
import { onTestFinished } from 'vitest';
import { throwawayCa } from '@postern/testkit';
import { certificates } from '../src/certificates.js';
import type { Event } from '../src/ports/observer.js';
import type { Queue } from '../src/ports/queue.js';
import type { Verifier } from '../src/ports/verifier.js';
import { createSubmissionServer } from '../src/submission-server.js';
import type { SubmissionServer, SubmissionServerOptions } from '../src/submission-server.js';

export interface Stored {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly message: string;
}

export interface Serving {
  readonly server: SubmissionServer;
  readonly events: Event[];
  readonly stored: Stored[];
  /** Ports of the listeners, in order: STARTTLS, implicit, plain. */
  readonly ports: readonly [starttls: number, implicit: number, plain: number];
}

/** alice / wonderland, by password alone. */
export const alice: Verifier = {
  name: 'alice',
  checks: new Set(['password']),
  verify: async (shown) =>
    shown.kind === 'password' && shown.login === 'alice' && shown.password.text() === 'wonderland'
      ? { outcome: 'accepted', identity: { login: 'alice' } }
      : { outcome: 'rejected' },
};

export function memoryQueue(stored: Stored[]): Queue {
  return {
    name: 'memory',
    carries: new Set(['8bit']),
    async submit(envelope, message) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of message) chunks.push(Buffer.from(chunk));
      const text = (box: { localPart: string; domain: string }): string => `${box.localPart}@${box.domain}`;
      stored.push({
        sender: envelope.sender === null ? '' : text(envelope.sender),
        recipients: envelope.recipients.map(text),
        message: Buffer.concat(chunks).toString('latin1'),
      });
      return { outcome: 'queued', id: `memory-${stored.length}` };
    },
  };
}

export async function serve(options: Partial<SubmissionServerOptions> = {}): Promise<Serving> {
  const events: Event[] = [];
  const stored: Stored[] = [];
  const ca = await throwawayCa();
  const pair = await ca.issue({ names: ['localhost', 'mail.example.com'], ip: ['127.0.0.1'] });
  const server = createSubmissionServer({
    hostname: 'mail.example.com',
    listen: [
      { name: 'starttls', address: '127.0.0.1', port: 0, tls: 'starttls' },
      { name: 'implicit', address: '127.0.0.1', port: 0, tls: 'implicit' },
      { name: 'plain', address: '127.0.0.1', port: 0, tls: 'none', requireTls: false },
    ],
    certificates: certificates({ pairs: [pair] }),
    verifiers: [alice],
    queue: memoryQueue(stored),
    observer: { observe: (event) => events.push(event) },
    ...options,
    limits: { failureDelay: 0, ...options.limits },
  });
  const bound = await server.start();
  onTestFinished(() => server.close(100));
  return { server, events, stored, ports: bound.map((one) => one.port) as unknown as Serving['ports'] };
}
