/** Nothing that came before TLS survives it (CVE-2011-0411, RFC 3207 §4.2). */
import { connectSmtp, injectBehindStartTls } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { startWire } from './wire-server.js';
import { play, splits } from './wire-session.js';

const INJECTED = [
  'MAIL FROM:<evil@example.com>\r\n',
  'EHLO injected\r\nRSET\r\nNOOP\r\n',
  'MAIL FROM:<ev',
  'QUIT\r\n',
  'AUTH PLAIN AGFsaWNlAG9wZW4gc2VzYW1l\r\n',
];

describe.each(INJECTED)('%j behind STARTTLS', (injected) => {
  it('in the same segment is never answered', async () => {
    const { starttls, sessions } = await startWire();
    const result = await injectBehindStartTls(starttls, injected);
    expect(result.starttls.code).toBe(220);
    expect(result.clear).toBe('');
    expect(result.inside.map((reply) => reply.code)).toEqual([250, 221]);
    expect(await sessions(1)).toMatchObject([{ ended: 'quit', messages: 0 }]);
  });

  it('in the next segment breaks the handshake and nothing else', async () => {
    const { starttls, sessions, events } = await startWire();
    const result = await injectBehindStartTls(starttls, injected, 'next-segment');
    expect(result.inside).toEqual([]);
    expect(result.tlsError).toBeDefined();
    expect(await sessions(1)).toMatchObject([{ ended: 'tls-failed' }]);
    expect(events).toHaveLength(1);
  });

  it('is forgotten wherever the octets are cut', () => {
    const before = 'EHLO x\r\nSTARTTLS\r\n';
    const text = before + injected;
    for (const chunks of splits(text)) {
      // What arrives with STARTTLS itself is in the clear; a chunk of its own behind it is what TLS brought.
      let at = 0;
      const clear: string[] = [];
      for (const chunk of chunks) {
        if (at < before.length) clear.push(chunk);
        at += chunk.length;
      }
      const played = play([...clear, 'NOOP\r\n'], { startTls: true });
      expect(played.replies).toEqual(['250-mail.example', '220 2.0.0 Ready to start TLS', '250 2.0.0 OK']);
    }
  });
});

describe('STARTTLS', () => {
  it('forgets EHLO, so that mail needs another one', async () => {
    const { starttls } = await startWire();
    const client = await connectSmtp(starttls);
    await client.reply();
    const before = await client.ehlo();
    expect([before.has('STARTTLS'), before.has('AUTH')]).toEqual([true, false]);
    await client.startTls();
    expect((await client.command('MAIL FROM:<a@example.com>')).code).toBeGreaterThanOrEqual(500);
    expect((await client.command('AUTH PLAIN')).code).toBe(503);
    const after = await client.ehlo();
    expect([after.has('STARTTLS'), after.get('AUTH')]).toEqual([false, 'PLAIN LOGIN']);
    expect((await client.command('STARTTLS')).lines).toEqual(['503 5.5.1 TLS is already active']);
    await client.quit();
  });

  it('takes no argument, and the session goes on in the clear', async () => {
    const { starttls } = await startWire();
    const client = await connectSmtp(starttls);
    await client.reply();
    await client.ehlo();
    expect((await client.command('STARTTLS now')).code).toBe(501);
    expect((await client.command('NOOP')).code).toBe(250);
    await client.quit();
  });

  it('joins its 220 with the replies before it', async () => {
    const { starttls } = await startWire();
    const client = await connectSmtp(starttls);
    await client.reply();
    client.raw('EHLO x\r\nNOOP\r\nSTARTTLS\r\n');
    const codes = [await client.reply(), await client.reply(), await client.reply()].map((reply) => reply.code);
    expect(codes).toEqual([250, 250, 220]);
    await client.upgrade();
    expect((await client.command('NOOP')).code).toBe(250);
    await client.quit();
  });
});
