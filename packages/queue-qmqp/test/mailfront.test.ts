/** Against mailfront's QMQP servers, which Debian has, below tcpserver. */
import { queueContext } from '@postern/core/contract';
import { describePeer, fakeQmailQueue, startProgram, tempDir } from '@postern/testkit';
import type { FakeQmailQueue, RunningProgram } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { qmqp } from '../src/index.js';
import { envelope, HELLO, message } from './fixture.js';

/** tcpserver on a free port, one `program` for every connection. */
async function serve(
  tcpserver: string,
  program: string,
  env: Record<string, string>,
): Promise<{ server: string; running: RunningProgram }> {
  const running = await startProgram(tcpserver, {
    args: ['-1HRl0', '127.0.0.1', '0', program],
    env: { PATH: process.env['PATH'], ...env },
    keepInput: true,
  });
  return { server: `127.0.0.1:${await running.line(/^\d+$/, { stream: 'stdout' })}`, running };
}

describePeer(describe, ['tcpserver', 'qmqpfront-echo'], 'qmqpfront-echo, which accepts nobody', (tcpserver, front) => {
  it('is a refusal with its text and status', async () => {
    const { server, running } = await serve(tcpserver.path, front.path, {});
    const result = await qmqp({ servers: [server] }).submit(envelope(), message(HELLO), queueContext());
    expect(result).toMatchObject({
      outcome: 'refused',
      text: 'Mail system is not configured to accept that sender',
      status: [1, 0],
    });
    await running.stop();
  });
});

describePeer(describe, ['tcpserver', 'qmqpfront-qmail'], 'qmqpfront-qmail', (tcpserver, front) => {
  async function withQueue(
    body: (server: string, queue: FakeQmailQueue) => Promise<void>,
    queue = fakeQmailQueue(),
  ): Promise<void> {
    const home = tempDir();
    const env = { QMAILQUEUE: queue.path, QMAILHOME: home.path, RELAYCLIENT: '' };
    const { server, running } = await serve(tcpserver.path, front.path, env);
    try {
      await body(server, queue);
    } finally {
      await running.stop();
      queue.remove();
      home.remove();
    }
  }

  it('queues octets and envelope as they are', async () => {
    await withQueue(async (server, queue) => {
      const octets = Buffer.concat([
        Buffer.from('Subject: x\n\n'),
        Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
        Buffer.from('\n'),
      ]);
      const recipients = ['bob@example.net', 'a b@example.net', 'bob@example.net'];
      const result = await qmqp({ servers: [server] }).submit(envelope(recipients), message(octets), queueContext());
      expect(result.outcome).toBe('queued');
      expect((result as { id: string }).id).toMatch(/^Accepted message qp \d+ bytes \d+$/);
      const [stored] = queue.queued();
      expect(queue.queued()).toHaveLength(1);
      expect(stored?.sender).toBe('alice@example.com');
      expect(stored?.recipients).toEqual(recipients);
      // It puts a Received field on top.
      expect(stored?.message.subarray(stored.message.length - octets.length).equals(octets)).toBe(true);
    });
  });

  it.each([
    ['in memory', 2 ** 23],
    ['from a file', 1000],
  ])('takes 5 MB, %s, and the null sender', async (_where, memory) => {
    await withQueue(async (server, queue) => {
      const line = `${'x'.repeat(75)}\n`;
      const chunks = ['Subject: large\n\n', ...Array.from({ length: 64 }, () => line.repeat(1024))];
      const result = await qmqp({ servers: [server], memory }).submit(
        envelope(['bob@example.net'], null),
        message(...chunks),
        queueContext(),
      );
      expect(result.outcome).toBe('queued');
      const [stored] = queue.queued();
      expect(stored?.sender).toBe('');
      expect(stored?.message.toString('latin1').endsWith(chunks.join(''))).toBe(true);
    });
  });

  it.each([
    [31, 'refused'],
    [51, 'deferred'],
    [53, 'deferred'],
    [71, 'deferred'],
    [111, 'deferred'],
  ])('qmail-queue exit %d: %s', async (exit, outcome) => {
    await withQueue(async (server) => {
      const result = await qmqp({ servers: [server] }).submit(envelope(), message(HELLO), queueContext());
      expect(result).toMatchObject({ outcome, status: [3, 0] });
    }, fakeQmailQueue({ exit }));
  });

  it('a message that breaks off never reaches it', async () => {
    await withQueue(async (server, queue) => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(HELLO.repeat(1000));
        throw new Error('gone');
      }
      await expect(
        qmqp({ servers: [server], memory: 1000 }).submit(envelope(), broken(), queueContext()),
      ).rejects.toThrow('gone');
      expect(queue.runs()).toEqual([]);
    });
  });
});
