/** The PROXY header: only from trusted peers, there always, once, before TLS (pitfall 19). */
import { connectSmtp, SmtpClient } from '@postern/testkit';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { LOGIN, startWire } from './wire-server.js';
import type { WireServer } from './wire-server.js';

const HEADER = 'PROXY TCP4 192.0.2.7 198.51.100.2 33333 587\r\n';

const behindProxy = (changes: Parameters<typeof startWire>[0] = {}): Promise<WireServer> =>
  startWire({
    listen: [
      { address: '127.0.0.1', port: 0, tls: 'starttls', name: 'starttls', proxyFrom: ['127.0.0.1'] },
      { address: '127.0.0.1', port: 0, tls: 'implicit', name: 'implicit', proxyFrom: ['127.0.0.0/8'] },
      { address: '127.0.0.1', port: 0, tls: 'none', requireTls: false, name: 'plain', proxyFrom: ['127.0.0.1/32'] },
    ],
    ...changes,
  });

describe('behind a trusted proxy', () => {
  it('the client is the one of the header, in the log and for the verifier', async () => {
    const { plain, sessions, events } = await behindProxy();
    const client = await connectSmtp(plain);
    client.raw(`${HEADER}EHLO x\r\n${LOGIN}\r\nQUIT\r\n`);
    await client.closed();
    expect(client.received).toContain('235 ');
    const peer = { address: '192.0.2.7', port: 33_333 };
    const local = { address: '198.51.100.2', port: 587 };
    expect(await sessions(1)).toMatchObject([{ peer, local }]);
    expect(events.find((event) => event.event === 'authentication')).toMatchObject({ peer, local });
  });

  it('nothing is said before the header is whole', async () => {
    const { starttls } = await behindProxy();
    const client = await connectSmtp(starttls);
    client.raw(HEADER.slice(0, -1));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    expect(client.received).toBe('');
    client.raw('\n');
    expect((await client.reply()).code).toBe(220);
    await client.quit();
  });

  it.each(['one write', 'two writes'])('TLS starts behind it (%s)', async (how) => {
    const { implicit, sessions } = await behindProxy();
    const raw = await connectSmtp({ port: implicit.port });
    const socket = raw.stream;
    socket.removeAllListeners('data');
    // What the client's first write carries is the ClientHello.
    if (how === 'one write') (socket as unknown as { cork(): void }).cork();
    socket.write(HEADER);
    const tls = connectTls({ socket, rejectUnauthorized: false, servername: 'localhost' });
    if (how === 'one write') setImmediate(() => (socket as unknown as { uncork(): void }).uncork());
    const client = new SmtpClient(tls);
    expect((await client.reply()).code).toBe(220);
    await client.quit();
    expect(await sessions(1)).toMatchObject([{ peer: { address: '192.0.2.7' }, ended: 'quit' }]);
  });

  it('a second header is not one', async () => {
    const { plain } = await behindProxy();
    const client = await connectSmtp(plain);
    client.raw(`${HEADER}${HEADER}QUIT\r\n`);
    await client.closed();
    expect(client.received.split('\r\n').map((line) => line.slice(0, 3))).toEqual(['220', '500', '221', '']);
  });

  it.each(['EHLO x\r\n', 'PROXY TCP4 nonsense\r\n', '\x16\x03\x01'])(
    '%j in its place ends the connection',
    async (text) => {
      const { starttls, sessions } = await behindProxy();
      const client = await connectSmtp(starttls);
      client.raw(text);
      await client.closed();
      expect(client.received).toBe('');
      expect(await sessions(1)).toMatchObject([{ ended: 'proxy-failed', peer: { address: '127.0.0.1' } }]);
    },
  );

  it('a header that does not come is not waited for', async () => {
    const { plain, sessions } = await behindProxy({ timeouts: { proxy: 100 } });
    const client = await connectSmtp(plain);
    await client.closed();
    expect(client.received).toBe('');
    expect(await sessions(1)).toMatchObject([{ ended: 'timeout' }]);
  });

  it('clients are counted by their own addresses, the proxy is not', async () => {
    const { plain, sessions } = await behindProxy({ limits: { connectionsPerAddress: 2 } });
    const from = async (address: string): Promise<SmtpClient> => {
      const client = await connectSmtp(plain);
      client.raw(`PROXY TCP4 ${address} 198.51.100.2 1 587\r\n`);
      return client;
    };
    const greeted = await Promise.all(['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.3'].map(from));
    for (const client of greeted) expect((await client.reply()).code).toBe(220);
    const third = await from('192.0.2.1');
    expect((await third.reply()).lines).toEqual(['421 4.3.2 Too many connections, try again later']);
    await third.closed();
    await greeted[0]?.quit();
    await sessions(2);
    expect((await (await from('192.0.2.1')).reply()).code).toBe(220);
  });
});

describe('without trust', () => {
  it('a header is a command that nobody knows', async () => {
    const { plain, sessions } = await startWire();
    const client = await connectSmtp(plain);
    expect((await client.reply()).code).toBe(220);
    expect((await client.command(HEADER.trim())).code).toBe(500);
    await client.quit();
    expect(await sessions(1)).toMatchObject([{ peer: { address: '127.0.0.1' } }]);
  });

  it('a header before TLS is no handshake', async () => {
    const { implicit, sessions } = await startWire();
    const client = await connectSmtp({ port: implicit.port });
    client.raw(HEADER);
    await client.closed();
    expect(await sessions(1)).toMatchObject([{ ended: 'tls-failed', peer: { address: '127.0.0.1' } }]);
  });
});
