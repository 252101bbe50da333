/** A slow queue slows the client, a client that does not read is not read: memory stays bounded (pitfall 24, 32). */
import { neverRead, waitFor } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { enterData, loggedIn, readAll, rememberingQueue, startWire } from './wire-server.js';

const LINE = `${'x'.repeat(1022)}\r\n`;

/** Sockets of both ends, TLS and our own hold something; it must not grow with the message. */
const MOST = 24 * 1024 * 1024;

describe('back-pressure', () => {
  it.each(['plain', 'implicit'] as const)('a queue that does not read stops the client (%s)', async (listener) => {
    let read = (): void => undefined;
    const reading = new Promise<void>((resolve) => {
      read = resolve;
    });
    const queue = rememberingQueue(async (message) => {
      await reading;
      let octets = 0;
      for await (const chunk of message) octets += chunk.length;
      return String(octets);
    });
    const server = await startWire({ queue });
    const client = await loggedIn(server[listener]);
    await enterData(client);
    const lines = 48 * 1024;
    let written = 0;
    let stopped = false;
    const send = (): void => {
      while (written < lines) {
        written++;
        if (!client.stream.write(LINE)) {
          stopped = true;
          client.stream.once('drain', () => {
            stopped = false;
            send();
          });
          return;
        }
      }
    };
    send();
    let before = -1;
    await waitFor('the client to be stopped', async () => {
      const steady = stopped && written === before;
      before = written;
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
      return steady;
    });
    expect(written * LINE.length).toBeLessThan(MOST);
    read();
    await waitFor('all lines', () => written === lines);
    client.raw('.\r\n');
    expect((await client.reply()).code).toBe(250);
    // Received, and one octet less for every line end.
    expect(Number(queue.queued[0]?.text)).toBeGreaterThan(lines * 1023);
    await client.quit();
  });

  it('a client that does not read its replies is not read', async () => {
    const { plain, server } = await startWire();
    const deaf = await neverRead(plain, 'HELP\r\n'.repeat(2000));
    let before = -1;
    await waitFor('the client to be stopped', async () => {
      const steady = deaf.sent() > 0 && deaf.sent() === before;
      before = deaf.sent();
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
      return steady;
    });
    expect(deaf.sent()).toBeLessThan(MOST);
    const other = await loggedIn(plain);
    await other.quit();
    deaf.end();
    await waitFor('no connection', () => server.connections === 0);
  });

  it('what is sent while a verifier works is held in bounds, and answered', async () => {
    const { plain } = await startWire({ limits: { failureDelay: 300 } });
    const client = await loggedIn(plain);
    const other = await startWire({ limits: { failureDelay: 300, errors: 1_000_000 } });
    const slow = await loggedIn(other.plain);
    await slow.quit();
    client.raw('NOOP\r\n'.repeat(50_000));
    client.raw('QUIT\r\n');
    await client.closed();
    expect(client.received.endsWith('221 2.0.0 Bye\r\n')).toBe(true);
  });

  it('a message over the limit is read at most twice as far, and then the connection ends', async () => {
    const server = await startWire({ limits: { messageSize: 1_000_000 } });
    const client = await loggedIn(server.plain);
    await enterData(client);
    const part = LINE.repeat(64);
    let sent = 0;
    const send = (): void => {
      if (client.ended || sent > 64_000_000) return;
      client.stream.write(part, () => {
        sent += part.length;
        setImmediate(send);
      });
    };
    send();
    expect((await client.reply()).lines).toEqual(['552 5.3.4 Message is larger than this server takes']);
    await client.closed();
    expect(sent).toBeLessThan(MOST);
    expect(server.queue.queued).toEqual([]);
  });

  it('a message a little over the limit is refused, and the session goes on', async () => {
    const server = await startWire({ limits: { messageSize: 100_000 } });
    const client = await loggedIn(server.implicit);
    expect((await client.deliver('a@example.com', ['b@example.net'], `\n${LINE.repeat(120)}`)).code).toBe(552);
    expect((await client.deliver('a@example.com', ['b@example.net'], `\n${LINE.repeat(50)}`)).code).toBe(250);
    await client.quit();
  });

  it('a queue that answers early is not waited for, and the session stays in step', async () => {
    const queue = rememberingQueue(async (message) => {
      const first = await message[Symbol.asyncIterator]().next();
      if (first.done === true) return 'empty';
      return { outcome: 'deferred', text: 'not now' };
    });
    const server = await startWire({ queue });
    const client = await loggedIn(server.plain);
    await enterData(client);
    client.raw(LINE.repeat(500));
    client.raw('.\r\nNOOP\r\n');
    expect((await client.reply()).lines).toEqual(['451 4.3.0 not now']);
    expect((await client.reply()).code).toBe(250);
    await client.quit();
  });

  it('the whole message arrives, octet for octet', async () => {
    const queue = rememberingQueue(readAll);
    const server = await startWire({ queue });
    const client = await loggedIn(server.implicit);
    const body = Array.from({ length: 30_000 }, (_, i) => `${'.'.repeat(i % 4)}line ${i}`).join('\n');
    expect((await client.deliver('a@example.com', ['b@example.net'], `Subject: x\n\n${body}\n`)).code).toBe(250);
    expect(queue.queued[0]?.text.endsWith(`\n\n${body}\n`)).toBe(true);
    await client.quit();
  });
});
