/** Streams that somebody else accepted: `handleConnection` (issue: no globals, and one connection's errors are its own). */
import { createConnection, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { connectSmtp, SmtpClient } from '@postern/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loggedIn, LOGIN, startWire } from './wire-server.js';

const META = { peer: { address: '192.0.2.9', port: 99 }, local: { address: '192.0.2.2', port: 25 } };

describe('a stream that somebody else accepted', () => {
  it('is served from pipes, as on descriptors 0 and 1', async () => {
    const { server, sessions, queue } = await startWire();
    const input = new PassThrough();
    const output = new PassThrough();
    const done = server.handleConnection(Duplex.from({ readable: input, writable: output }), {
      ...META,
      listener: 'plain',
    });
    const client = new SmtpClient(Duplex.from({ readable: output, writable: input }));
    await client.reply();
    await client.ehlo();
    expect((await client.command(LOGIN)).code).toBe(235);
    const message = Buffer.from('Subject: x\r\n\r\n..\r\n.\r\n');
    for (const line of ['MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.net>', 'DATA']) await client.command(line);
    client.raw(message);
    expect((await client.reply()).code).toBe(250);
    // The stream's buffers are not ours to write into.
    expect(message.toString()).toBe('Subject: x\r\n\r\n..\r\n.\r\n');
    client.send('QUIT');
    await done;
    expect(await sessions(1)).toMatchObject([{ peer: META.peer, local: META.local, ended: 'quit', messages: 1 }]);
    expect(queue.queued[0]?.text.endsWith('\n\n.\n')).toBe(true);
  });

  it.each(['starttls', 'implicit'] as const)('speaks TLS on it (%s)', async (listener) => {
    const { server } = await startWire();
    const outside = createServer({ allowHalfOpen: true }, (socket) => {
      void server.handleConnection(socket, { ...META, listener });
    });
    await new Promise<void>((resolve) => {
      outside.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => {
      outside.close();
    });
    const { port } = outside.address() as AddressInfo;
    if (listener === 'implicit') {
      const client = await loggedIn({ port, tls: 'implicit' });
      await client.quit();
      return;
    }
    const client = await connectSmtp({ port });
    await client.reply();
    await client.ehlo();
    await client.startTls();
    await client.ehlo();
    expect((await client.command(LOGIN)).code).toBe(235);
    await client.quit();
  });

  it('ends when the stream does, whatever that does', async () => {
    const { server, sessions, events } = await startWire();
    const broken = (): Duplex =>
      new Duplex({
        read: () => undefined,
        write: (_chunk, _encoding, done) => done(new Error('broken pipe')),
      });
    await server.handleConnection(broken(), { ...META, listener: 'plain' });
    const destroyed = broken();
    destroyed.destroy();
    await server.handleConnection(destroyed, { ...META, listener: 'plain' });
    const nonsense = broken();
    nonsense.push('this is no handshake\r\n');
    await server.handleConnection(nonsense, { ...META, listener: 'implicit' });
    expect(await sessions(3)).toHaveLength(3);
    expect(events).toHaveLength(3);
  });

  it('leaves no listener behind, on the process or anywhere else', async () => {
    const counts = (): number[] => process.eventNames().map((name) => process.listenerCount(name));
    const before = counts();
    const { server, plain } = await startWire();
    const socket = createConnection({ port: plain.port, host: '127.0.0.1' });
    await new Promise((resolve) => {
      socket.once('data', resolve);
    });
    expect(counts()).toEqual(before);
    socket.destroy();
    expect(server.connections).toBeGreaterThanOrEqual(0);
  });
});
