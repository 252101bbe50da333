/** Every timer of a connection, set short; what is counted is that it fires, and says what it should. */
import { connect } from 'node:net';
import { connectSmtp, waitFor } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { enterData, knownUser, loggedIn, LOGIN, readAll, rememberingQueue, startWire } from './wire-server.js';

const LATE = '421 4.4.2 Waited too long, closing the connection\r\n';

describe('the time', () => {
  it('for the handshake ends without a word', async () => {
    const { implicit, sessions } = await startWire({ timeouts: { handshake: 100 } });
    const client = await connectSmtp({ port: implicit.port });
    await client.closed();
    expect(client.received).toBe('');
    expect(await sessions(1)).toMatchObject([{ ended: 'timeout' }]);
  });

  it('for the handshake behind STARTTLS ends as well', async () => {
    const { starttls, sessions } = await startWire({ timeouts: { handshake: 100 } });
    const client = await connectSmtp(starttls);
    await client.reply();
    await client.ehlo();
    await client.command('STARTTLS');
    await client.closed();
    expect(await sessions(1)).toMatchObject([{ ended: 'timeout' }]);
  });

  it.each(['starttls', 'implicit'] as const)(
    'from the greeting to EHLO, other commands or not (%s)',
    async (listener) => {
      const server = await startWire({ timeouts: { greeting: 150 } });
      const client = await connectSmtp(server[listener]);
      const noise = setInterval(() => client.raw('NOOP\r\n'), 20);
      await client.closed();
      clearInterval(noise);
      expect(client.received.endsWith(LATE)).toBe(true);
      expect(await server.sessions(1)).toMatchObject([{ ended: 'timeout' }]);
    },
  );

  it('between commands; half a line now and then is no command', async () => {
    const server = await startWire({ timeouts: { command: 150 } });
    const client = await loggedIn(server.plain);
    const noise = setInterval(() => client.raw('x'), 20);
    await client.closed();
    clearInterval(noise);
    expect(client.received.endsWith(LATE)).toBe(true);
    expect(await server.sessions(1)).toMatchObject([{ ended: 'timeout', login: 'alice' }]);
  });

  it('without a login, whatever else is said; a login ends it', async () => {
    const server = await startWire({ timeouts: { unauthenticated: 200 } });
    const known = await loggedIn(server.plain);
    const unknown = await connectSmtp(server.plain);
    await unknown.reply();
    await unknown.ehlo();
    const noise = setInterval(() => unknown.raw('NOOP\r\n'), 20);
    await unknown.closed();
    clearInterval(noise);
    expect(unknown.received.endsWith(LATE)).toBe(true);
    expect((await known.command('NOOP')).code).toBe(250);
    await known.quit();
  });

  it('in DATA without an octet; nothing is queued', async () => {
    const server = await startWire({ timeouts: { data: 150 } });
    const client = await loggedIn(server.implicit);
    await enterData(client);
    client.raw('Subject: x\r\n');
    await client.closed();
    expect(client.received.endsWith(LATE)).toBe(true);
    expect(server.queue.queued).toEqual([]);
    expect(await server.sessions(1)).toMatchObject([{ ended: 'timeout' }]);
    await waitFor('the broken message', () => server.queue.broken.length === 1);
  });

  it('in DATA is fed by octets: an upload may take longer than any timer', async () => {
    const server = await startWire({ timeouts: { data: 150, command: 150 } });
    const client = await loggedIn(server.plain);
    await enterData(client);
    for (let i = 0; i < 15; i++) {
      client.raw(`${'x'.repeat(500)}\r\n`);
      await new Promise((resolve) => {
        setTimeout(resolve, 40);
      });
    }
    client.raw('.\r\n');
    expect((await client.reply()).code).toBe(250);
    await client.quit();
  });

  it('in DATA is not fed by one octet now and then', async () => {
    const server = await startWire({ timeouts: { data: 400 } });
    const client = await loggedIn(server.plain);
    await enterData(client);
    const drip = setInterval(() => client.raw('x'), 100);
    await client.closed();
    clearInterval(drip);
    expect(client.received.endsWith(LATE)).toBe(true);
  });

  it('in BDAT, too', async () => {
    const server = await startWire({ timeouts: { data: 150 } });
    const client = await loggedIn(server.plain);
    await client.command('MAIL FROM:<a@example.com>');
    await client.command('RCPT TO:<b@example.net>');
    client.raw('BDAT 100\r\nx');
    await client.closed();
    expect(client.received.endsWith(LATE)).toBe(true);
  });

  it("that our own verifier or queue takes is not the client's fault", async () => {
    const wait = (): Promise<void> =>
      new Promise((resolve) => {
        setTimeout(resolve, 400);
      });
    const queue = rememberingQueue(async (message) => {
      const text = await readAll(message);
      await wait();
      return text;
    });
    const server = await startWire({
      queue,
      timeouts: { data: 100, command: 100, greeting: 100, unauthenticated: 10_000 },
      verifiers: [
        {
          ...knownUser,
          verify: async (credentials, context) => {
            // The password is gone once the caller has its answer.
            const verdict = await knownUser.verify(credentials, context);
            await wait();
            return verdict;
          },
        },
      ],
    });
    const client = await connectSmtp(server.plain);
    client.raw(`EHLO x\r\n${LOGIN}\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n`);
    client.raw('Subject: x\r\n\r\n.\r\nQUIT\r\n');
    await client.closed();
    expect(client.received).toContain('250 2.0.0 ok 1\r\n221 ');
  });
});

describe('a client that does not close', () => {
  it.each(['QUIT\r\n', 'GET / HTTP/1.0\r\n'])('behind %j is closed', async (text) => {
    const { plain, server } = await startWire();
    const client = await connectSmtp(plain);
    // It goes on talking, too.
    const noise = setInterval(() => client.raw('x'.repeat(1000)), 20);
    client.raw(text);
    await waitFor('no connection', () => server.connections === 0);
    clearInterval(noise);
  });
});

describe('the process', () => {
  it('has no timer for each connection', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const server = await startWire();
    const before = timers();
    const sockets = Array.from({ length: 20 }, () => connect({ port: server.plain.port, host: '127.0.0.1' }));
    await waitFor('twenty connections', () => server.server.connections === 20);
    // What is left of waiting for them is the tests' own.
    expect(timers()).toBeLessThanOrEqual(before + 2);
    for (const socket of sockets) socket.destroy();
    await waitFor('no connection', () => server.server.connections === 0);
  });
});
