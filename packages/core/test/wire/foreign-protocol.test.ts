/** TLS or HTTP where SMTP is spoken: 421, closed, one line in the log (pitfall 20). */
import { clientHello, clientHelloInClear, connectSmtp, speakHttp } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { LOGIN, startWire } from './wire-server.js';
import { play, splits } from './wire-session.js';

const SAID = '421 4.7.0 This port speaks SMTP\r\n';

describe('another protocol', () => {
  it('TLS on the STARTTLS port', async () => {
    const { starttls, sessions, events } = await startWire();
    const said = await clientHelloInClear(starttls);
    expect(said).toBe(`220 mail.example ESMTP\r\n${SAID}`);
    expect(await sessions(1)).toMatchObject([{ ended: 'not-smtp' }]);
    expect(events).toHaveLength(1);
  });

  it('HTTP', async () => {
    const { plain, sessions, events } = await startWire();
    expect(await speakHttp(plain)).toBe(`220 mail.example ESMTP\r\n${SAID}`);
    expect(await sessions(1)).toMatchObject([{ ended: 'not-smtp' }]);
    expect(events).toHaveLength(1);
  });

  it('HTTP with commands in its body: none is run', async () => {
    const { plain, events, sessions } = await startWire();
    const client = await connectSmtp(plain);
    client.raw(`POST / HTTP/1.1\r\nHost: mail.example\r\n\r\nEHLO x\r\n${LOGIN}\r\n`);
    await client.closed();
    expect(client.received).toBe(`220 mail.example ESMTP\r\n${SAID}`);
    await sessions(1);
    expect(events.map((event) => event.event)).toEqual(['session']);
  });

  it('is seen wherever the octets are cut', async () => {
    const hello = await clientHello();
    const record = hello.toString('latin1', 0, 40);
    for (const text of [record, 'GET / HTTP/1.0\r\n', 'PRI * HTTP/2.0\r\n']) {
      for (const chunks of splits(text)) {
        const played = play(chunks);
        expect(played.replies).toEqual([SAID.trim()]);
        expect(played.closed).toBe(true);
      }
    }
  });

  it('is not every control character', () => {
    for (const chunks of splits('\x16x\r\n\x16\r\n\x03\r\nNOOP\r\n')) {
      expect(play(chunks).replies.map((reply) => reply.slice(0, 3))).toEqual(['500', '500', '500', '250']);
    }
  });

  it('is not what a client says inside an exchange or a command', () => {
    expect(play('EHLO GET / HTTP/1.0\r\nNOOP GET HTTP/1.1\r\n').replies).toEqual(['250-mail.example', '250 2.0.0 OK']);
  });
});
