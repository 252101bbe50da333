import { queueContext } from '@postern/core/contract';
import { freePort } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { qmqp } from '../src/index.js';
import { envelope, HELLO, message } from './fixture.js';
import { startQmqpServer } from './qmqp-server.js';

const closedPort = async (): Promise<string> => `127.0.0.1:${await freePort()}`;

describe('a list of servers', () => {
  it('passes over one that takes no connection', async () => {
    const server = await startQmqpServer();
    const queue = qmqp({ servers: [await closedPort(), server.address] });
    expect((await queue.submit(envelope(), message(HELLO), queueContext())).outcome).toBe('queued');
    expect(server.received).toHaveLength(1);
    await server.close();
  });

  it('asks the first again and again, and the second never, as long as it takes connections', async () => {
    const [first, second] = [await startQmqpServer({ answer: () => 'Zbusy' }), await startQmqpServer()];
    const queue = qmqp({ servers: [first.address, second.address] });
    for (let i = 0; i < 3; i++) {
      expect((await queue.submit(envelope(), message(HELLO), queueContext())).outcome).toBe('deferred');
    }
    expect(first.received).toHaveLength(3);
    expect(second.connections()).toBe(0);
    await first.close();
    await second.close();
  });

  it('never goes on to the next once the first may have the message', async () => {
    const first = await startQmqpServer({
      onConnection: (socket) => socket.once('data', () => socket.resetAndDestroy()),
    });
    const second = await startQmqpServer();
    const queue = qmqp({ servers: [first.address, second.address] });
    const result = await queue.submit(envelope(), message(HELLO), queueContext());
    expect(result).toMatchObject({ outcome: 'deferred', status: [4, 2] });
    expect(second.connections()).toBe(0);
    await first.close();
    await second.close();
  });

  it('tries one that failed last, until the time is over', async () => {
    const down = await freePort();
    let now = 0;
    const second = await startQmqpServer();
    const queue = qmqp(
      { servers: [`127.0.0.1:${down}`, second.address], avoidTime: 1000 },
      { clock: { now: () => now } },
    );
    const submit = (): Promise<unknown> => queue.submit(envelope(), message(HELLO), queueContext());
    await submit();
    // It is there again, and still avoided.
    const { createServer } = await import('node:net');
    let asked = 0;
    const first = createServer((socket) => {
      asked++;
      socket.end('3:Kok,').resume();
    });
    await new Promise<void>((resolve) => first.listen(down, '127.0.0.1', resolve));
    await submit();
    expect(asked).toBe(0);
    expect(second.received).toHaveLength(2);
    now = 1001;
    await submit();
    expect(asked).toBe(1);
    expect(second.received).toHaveLength(2);
    await new Promise((resolve) => first.close(resolve));
    await second.close();
  });

  it('deferred, with every cause for the log and none for the client, if nobody takes a connection', async () => {
    const servers = [await closedPort(), await closedPort()];
    const result = await qmqp({ servers }).submit(envelope(), message(HELLO), queueContext());
    expect(result).toMatchObject({ outcome: 'deferred', status: [4, 1] });
    expect(result).not.toHaveProperty('text');
    for (const server of servers) expect((result as { cause: string }).cause).toContain(`${server}: ECONNREFUSED`);
  });

  it('deferred if a name does not exist', async () => {
    const result = await qmqp({ servers: ['no-such-host.invalid'] }).submit(envelope(), message(HELLO), queueContext());
    expect(result).toMatchObject({ outcome: 'deferred', status: [4, 1] });
  });

  it('holds no more connections than it may, and defers when the line is full', async () => {
    const server = await startQmqpServer();
    const queue = qmqp({ servers: [server.address], concurrency: 2, waiting: 5 });
    const results = await Promise.all(
      Array.from({ length: 10 }, () => queue.submit(envelope(), message(HELLO), queueContext())),
    );
    expect(server.mostAtOnce()).toBeLessThanOrEqual(2);
    expect(results.filter(({ outcome }) => outcome === 'queued')).toHaveLength(7);
    expect(results.filter(({ outcome }) => outcome === 'deferred')).toHaveLength(3);
    expect(server.received).toHaveLength(7);
    await server.close();
  });

  it('makes no connection before the message is whole', async () => {
    const server = await startQmqpServer();
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('Subject: slow\n');
      await released;
      yield Buffer.from('\nend\n');
    }
    const answer = qmqp({ servers: [server.address], concurrency: 1 }).submit(envelope(), slow(), queueContext());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.connections()).toBe(0);
    release();
    expect((await answer).outcome).toBe('queued');
    await server.close();
  });
});
