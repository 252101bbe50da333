/** A client that ends its side is still answered, and a message without its end is none (pitfall 17, 30). */
import { connectSmtp, halfCloseAfter, waitFor } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { enterData, isClientGone, loggedIn, LOGIN, startWire } from './wire-server.js';

describe('a half-closed connection', () => {
  it('gets every reply that it asked for', async () => {
    const { plain, sessions } = await startWire();
    const said = await halfCloseAfter(plain, `EHLO x\r\n${LOGIN}\r\nNOOP\r\n`);
    expect(
      said
        .split('\r\n')
        .filter((line) => /^\d{3} /.test(line))
        .map((line) => line.slice(0, 3)),
    ).toEqual(['220', '250', '235', '250']);
    expect(await sessions(1)).toMatchObject([{ ended: 'client-gone', login: 'alice' }]);
  });

  it('gets the reply to a message that is whole', async () => {
    const { plain, queue } = await startWire();
    const said = await halfCloseAfter(
      plain,
      `EHLO x\r\n${LOGIN}\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n`,
    );
    expect(said.endsWith('250 2.0.0 ok 1\r\n')).toBe(true);
    expect(queue.queued).toHaveLength(1);
  });

  it.each(['plain', 'implicit'] as const)('in the data queues nothing (%s)', async (listener) => {
    const server = await startWire();
    const client = await loggedIn(server[listener]);
    await enterData(client);
    client.raw('Subject: x\r\n\r\nhalf a mess');
    client.halfClose();
    await client.closed();
    await waitFor('the broken message', () => server.queue.broken.length === 1);
    expect(isClientGone(server.queue.broken[0])).toBe(true);
    expect(server.queue.queued).toEqual([]);
    expect(await server.sessions(1)).toMatchObject([{ ended: 'client-gone' }]);
    expect(server.events.find((event) => event.event === 'message')).toMatchObject({ outcome: 'abandoned' });
  });

  it.each(['', 'EHLO', 'EHLO x\r\n', 'EHLO x\r\nAUTH PLAIN\r\n'])('behind %j ends the session', async (text) => {
    const { plain, sessions } = await startWire();
    await halfCloseAfter(plain, text);
    expect(await sessions(1)).toHaveLength(1);
  });

  it('before a handshake ends the connection', async () => {
    const { implicit, sessions } = await startWire();
    const client = await connectSmtp({ port: implicit.port });
    client.halfClose();
    await client.closed();
    expect(await sessions(1)).toMatchObject([{ ended: 'tls-failed' }]);
  });
});
