import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import {
  abortMidData,
  clientHelloInClear,
  connectSmtp,
  injectBehindStartTls,
  speakHttp,
  throwawayCa,
} from '@postern/testkit';
import { certificates } from '../../src/certificates.js';
import { smtpServerEngine } from '../../src/smtp-server/index.js';
import { serve } from '../serve.js';
import type { SubmissionServerOptions } from '../../src/submission-server.js';

const start = (options: Partial<SubmissionServerOptions> = {}): ReturnType<typeof serve> =>
  serve({ engine: smtpServerEngine(), ...options });

const message = 'From: alice@example.com\r\nTo: bob@example.net\r\nSubject: x\r\n\r\nHello\r\n..dots\r\n';

describe('the bridge on smtp-server', () => {
  it.each([
    ['STARTTLS', 0, false],
    ['implicit TLS', 1, true],
  ] as const)('takes a message from nodemailer over %s', async (_what, port, secure) => {
    const { ports, stored, events, server } = await start();
    const ca = await throwawayCa();
    const transport = createTransport({
      host: '127.0.0.1',
      port: ports[port],
      secure,
      requireTLS: true,
      tls: { ca: ca.caPem, servername: 'localhost' },
      auth: { user: 'alice', pass: 'wonderland' },
    });
    const sent = await transport.sendMail({ from: 'alice@example.com', to: 'bob@example.net', text: 'Hello' });
    transport.close();
    expect(sent.response).toBe('250 2.0.0 ok memory-1');
    expect(stored[0]?.message).toContain('with ESMTPSA');
    expect(stored[0]?.message).not.toContain('\r');
    await server.close(1000);
    expect(events.map((event) => event.event)).toEqual(['authentication', 'message', 'session']);
  });

  it('says what the table says, and nothing of its own', async () => {
    const { ports } = await start();
    const client = await connectSmtp({ port: ports[2] });
    expect((await client.reply()).lines).toEqual(['220 mail.example.com ESMTP']);
    expect((await client.command('EHLO x')).lines).toEqual([
      '250-mail.example.com',
      '250-PIPELINING',
      '250-ENHANCEDSTATUSCODES',
      '250-SIZE 0',
      '250-8BITMIME',
      '250-LIMITS RCPTMAX=1000',
      '250 AUTH PLAIN LOGIN',
    ]);
    expect((await client.login('alice', 'wonderland')).lines).toEqual(['235 2.7.0 Authentication succeeded']);
    for (const joke of ['WIZ', 'SHELL', 'KILL', 'XCLIENT NAME=x']) {
      expect((await client.command(joke)).lines).toEqual(['500 5.5.2 Command not recognized']);
    }
    client.destroy();
  });

  it('completes addresses, keeps A-labels and does not merge recipients', async () => {
    const { ports, stored } = await start();
    const client = await connectSmtp({ port: ports[2] });
    await client.reply();
    await client.ehlo();
    await client.login('alice', 'wonderland');
    for (const line of [
      'MAIL FROM: <alice>',
      'RCPT TO:<"a b"@xn--bcher-kva.example>',
      'RCPT TO:<bob>',
      'RCPT TO:bob',
      'DATA',
    ]) {
      expect((await client.command(line)).code).toBeLessThan(400);
    }
    expect((await client.command(`${message}.`)).code).toBe(250);
    expect(stored[0]).toMatchObject({
      sender: 'alice@mail.example.com',
      recipients: ['a b@xn--bcher-kva.example', 'bob@mail.example.com', 'bob@mail.example.com'],
    });
    expect(stored[0]?.message).toContain('\n\nHello\n.dots\n');
    client.destroy();
  });

  it('goes on after a message that is refused', async () => {
    const { ports, stored } = await start({ limits: { messageSize: 100 } });
    const client = await connectSmtp({ port: ports[2] });
    await client.reply();
    await client.ehlo();
    await client.login('alice', 'wonderland');
    const refused = await client.deliver(
      'a@b.example',
      ['c@d.example'],
      `Subject: big\r\n\r\n${'x'.repeat(70)}\r\n${'y'.repeat(70)}`,
    );
    expect(refused.lines).toEqual(['552 5.3.4 Message is larger than this server takes']);
    for (const line of ['MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA']) await client.command(line);
    client.raw('Subject: x\r\n\r\na\nb\r\n.\r\n');
    expect((await client.reply()).lines[0]).toMatch(/^550 5\.6\.0/);
    expect((await client.deliver('a@b.example', ['c@d.example'], 'Subject: x\r\n\r\nab')).code).toBe(250);
    expect(stored).toHaveLength(1);
    client.destroy();
  });

  it('drops what was sent in the clear behind STARTTLS', async () => {
    const { ports, events, server } = await start();
    const result = await injectBehindStartTls({ port: ports[0] }, 'MAIL FROM:<mallory@example.com>\r\nNOOP\r\n');
    expect(JSON.stringify(result)).not.toContain('2.1.0');
    await server.close(1000);
    expect(events.filter((event) => event.event === 'session')).toHaveLength(1);
  });

  it('answers 421 to TLS and HTTP on the STARTTLS port, with one log line each', async () => {
    const { ports, events, server } = await start();
    expect(await speakHttp({ port: ports[0] })).toContain('421 4.7.0 This port speaks SMTP');
    await clientHelloInClear({ port: ports[0] });
    await server.close(200);
    expect(events.map((event) => (event.event === 'session' ? event.ended : event.event))).toEqual([
      'not-smtp',
      'not-smtp',
    ]);
  });

  it.each(['reset', 'close', 'half-close'] as const)(
    'queues nothing of a client that leaves by %s in the data',
    async (how) => {
      const { ports, stored, events, server } = await start();
      const client = await connectSmtp({ port: ports[2] });
      await client.reply();
      await client.ehlo();
      await client.login('alice', 'wonderland');
      const part = 'Subject: x\r\n\r\nhalf of';
      await abortMidData(client, { sender: 'alice@example.com', recipient: 'bob@example.net', part, how });
      await expect.poll(() => events.filter((event) => event.event === 'message').length).toBe(1);
      await server.close(200);
      expect(stored).toEqual([]);
      expect(events.find((event) => event.event === 'message')).toMatchObject({ outcome: 'abandoned' });
    },
  );

  it('ends an idle session with 421 when it closes, and stops accepting', async () => {
    const { ports, server } = await start();
    const client = await connectSmtp({ port: ports[2] });
    await client.reply();
    const closing = server.close(2000);
    expect((await client.reply()).lines).toEqual(['421 4.3.2 Server is shutting down, try again shortly']);
    await client.closed();
    await closing;
    await expect(connectSmtp({ port: ports[2], timeoutMs: 500 })).rejects.toThrow();
  });

  it('closes what waits too long, and counts from accept', async () => {
    const { ports } = await start({ timeouts: { greeting: 50 }, limits: { connectionsPerAddress: 1 } });
    const silent = await connectSmtp({ port: ports[2] });
    await silent.reply();
    const second = connect(ports[2], '127.0.0.1');
    await new Promise((resolve) => second.once('close', resolve).on('error', () => undefined));
    expect((await silent.reply()).lines).toEqual(['421 4.4.2 Waited too long, closing the connection']);
    await silent.closed();
  });

  it('uses a certificate that was exchanged while it ran', async () => {
    const ca = await throwawayCa();
    const old = certificates({ pairs: [await ca.issue({ names: ['old.example'] })] });
    const next = certificates({ pairs: [await ca.issue({ names: ['new.example'] })] });
    let current = old;
    const { ports } = await start({
      certificates: { fallback: () => current.fallback(), forName: (name) => current.forName(name) },
    });
    const open = (servername: string): ReturnType<typeof connectSmtp> =>
      connectSmtp({ port: ports[1], tls: 'implicit', ca: ca.caPem, servername });
    (await open('old.example')).destroy();
    current = next;
    (await open('new.example')).destroy();
    await expect(open('old.example')).rejects.toThrow();
  });
});
