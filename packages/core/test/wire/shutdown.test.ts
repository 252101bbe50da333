/** The end of a server: idle sessions are told, messages in flight finish, nothing is lost or doubled (pitfall 34). */
import { connectSmtp, waitFor } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { enterData, loggedIn, readAll, rememberingQueue, startWire } from './wire-server.js';

const DOWN = '421 4.3.2 Server is shutting down, try again shortly';

describe('closing', () => {
  it('tells idle sessions, and takes no new ones', async () => {
    const { server, implicit, plain, sessions } = await startWire();
    const idle = await loggedIn(implicit);
    const fresh = await connectSmtp(plain);
    await fresh.reply();
    await server.close(5000);
    for (const client of [idle, fresh]) {
      await client.closed();
      expect(client.unread).toBe(`${DOWN}\r\n`);
    }
    await expect(connectSmtp(plain)).rejects.toThrow();
    expect((await sessions(2)).map((event) => event.ended)).toEqual(['shutdown', 'shutdown']);
  });

  it('lets a message finish, and then tells its session', async () => {
    const { server, implicit, queue } = await startWire();
    const client = await loggedIn(implicit);
    await enterData(client);
    client.raw('Subject: x\r\n');
    await waitFor('the header', () => true);
    const closing = server.close(10_000);
    client.raw('\r\nbody\r\n.\r\nNOOP\r\n');
    expect((await client.reply()).code).toBe(250);
    expect((await client.reply()).lines).toEqual([DOWN]);
    await closing;
    expect(queue.queued).toHaveLength(1);
  });

  it('ends what is left at the deadline: the queue is told to stop', async () => {
    const aborted: boolean[] = [];
    const queue = rememberingQueue(async (message, { signal }) => {
      await readAll(message);
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      aborted.push(signal.aborted);
      return { outcome: 'deferred' };
    });
    const { server, implicit, sessions } = await startWire({ queue });
    const client = await loggedIn(implicit);
    await enterData(client);
    client.raw('Subject: x\r\n\r\n.\r\n');
    await waitFor('the message', () => server.connections === 1);
    await server.close(100);
    expect(server.connections).toBe(0);
    await client.closed();
    await waitFor('the queue', () => aborted.length === 1);
    expect(aborted).toEqual([true]);
    expect(await sessions(1)).toHaveLength(1);
  });

  it('drops handshakes and headers that are not done', async () => {
    const { server, implicit, sessions } = await startWire();
    const client = await connectSmtp({ port: implicit.port });
    await waitFor('the connection', () => server.connections === 1);
    await server.close(5000);
    await client.closed();
    expect(await sessions(1)).toMatchObject([{ ended: 'shutdown' }]);
  });

  it('twice is once', async () => {
    const { server } = await startWire();
    await Promise.all([server.close(100), server.close(100)]);
    expect(server.connections).toBe(0);
  });
});
