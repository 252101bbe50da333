import { afterEach, describe, expect, it } from 'vitest';
import {
  clientHello,
  clientHelloInClear,
  connectAndClose,
  connectAndReset,
  connectSmtp,
  flood,
  halfCloseAfter,
  injectBehindStartTls,
  neverRead,
  oneByteAtATime,
  pause,
} from '../src/index.js';
import { toyServer } from './toy-server.js';
import type { ToyServer } from './toy-server.js';

let server: ToyServer | undefined;
const target = async (options?: Parameters<typeof toyServer>[0]) => {
  server = await toyServer(options);
  return { port: server.port };
};
afterEach(() => server?.close());

describe('misbehaving clients', () => {
  it('come and go', async () => {
    const to = await target();
    await connectAndReset(to, 'NOOP\r\n');
    await connectAndClose(to);
    const client = await connectSmtp(to);
    expect((await client.reply()).code).toBe(220);
    expect((await client.quit()).code).toBe(221);
  });

  it('half-close, and still get their answers', async () => {
    expect(await halfCloseAfter(await target(), 'NOOP\r\n')).toBe('220 toy ESMTP\r\n250 2.0.0 ok\r\n');
  });

  it('send one byte at a time', async () => {
    expect(await oneByteAtATime(await target(), 'NOOP\r\nQUIT\r\n')).toContain('250 2.0.0 ok\r\n221 2.0.0 bye\r\n');
  });

  it('send without end and never read', async () => {
    const deaf = await neverRead(await target(), 'NOOP\r\n'.repeat(1000));
    await pause(50);
    expect(deaf.sent()).toBeGreaterThan(0);
    deaf.end();
  });

  it('flood', async () => {
    const said = await flood(await target(), 'NOOP', 500);
    expect(said.match(/250 2\.0\.0 ok/g)).toHaveLength(500);
  });

  it('show a server that answers what came in clear behind STARTTLS, and one that does not', async () => {
    const faulty = await injectBehindStartTls(await target({ keepsBuffered: true }), 'VRFY injected\r\n');
    expect(faulty.inside.map((reply) => reply.code)).toEqual([502, 250, 221]);
    await server?.close();
    const sound = await injectBehindStartTls(await target(), 'VRFY injected\r\n');
    expect(sound.inside.map((reply) => reply.code)).toEqual([250, 221]);
  });

  it('speak TLS where it is not expected', async () => {
    const hello = await clientHello();
    expect([hello[0], hello[1], hello[5]]).toEqual([0x16, 0x03, 0x01]);
    const to = await target();
    const said = clientHelloInClear(to);
    await pause(100);
    await server?.close();
    expect(await said).toContain('220 toy');
  });
});
