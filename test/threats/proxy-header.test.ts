/** A PROXY header is taken from trusted networks, once, before anything else; from others it is an odd command. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSmtp, openStream, SmtpClient } from '@postern/testkit';
import { openGate, pass, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

const V1 = 'PROXY TCP4 192.0.2.7 127.0.0.1 40000 587\r\n';

describe('a trusted proxy', () => {
  let gate: Gate;
  beforeAll(async () => {
    gate = await openGate({ listen: 'proxy-from = ["127.0.0.1/32"]\n', timeouts: { proxy: '700ms' } });
  });
  afterAll(() => gate.close());

  it('names the client, in the log and in Received', async () => {
    const client = await connectSmtp(gate.target('plain'));
    client.raw(V1);
    expect((await client.reply()).code).toBe(220);
    await client.ehlo();
    expect((await client.login(user, pass)).code).toBe(235);
    expect((await client.deliver(user, ['bob@example.net'], 'Subject: proxied\n\nx\n')).code).toBe(250);
    await client.quit();
    const line = await gate.daemon.logged((one) => one.event === 'authentication');
    expect(line).toMatchObject({ client: '192.0.2.7', port: 40000 });
    expect(gate.messages()[0]?.fields('Received')[0]).toContain('192.0.2.7');
  });

  it('sends it before TLS', async () => {
    const { tls: _tls, ...clear } = gate.target('implicit');
    const stream = await openStream(clear);
    stream.write(V1);
    const client = new SmtpClient(stream, { ca: gate.ca });
    await client.upgrade();
    expect((await client.reply()).code).toBe(220);
    expect((await client.quit()).code).toBe(221);
  });

  it.each([
    ['no header', 'EHLO client.example\r\n'],
    ['a broken header', 'PROXY TCP4 192.0.2.7\r\n'],
    ['a header that does not end', `PROXY TCP4 ${'1'.repeat(200)}`],
    ['silence', ''],
  ])('with %s gets no session', async (_name, bytes) => {
    const client = await connectSmtp(gate.target('plain'));
    if (bytes !== '') client.raw(bytes);
    await client.closed();
    expect(client.received).not.toMatch(/^2/m);
    client.destroy();
  });

  it('has one header: a second is an unknown command', async () => {
    const client = await connectSmtp(gate.target('plain'));
    client.raw(`${V1}${V1}`);
    expect((await client.reply()).code).toBe(220);
    expect((await client.reply()).code).toBe(500);
    client.destroy();
  });
});

describe('anybody else', () => {
  it('cannot choose an address', async () => {
    const gate = await openGate();
    const client = await connectSmtp(gate.target('plain'));
    client.raw(V1);
    expect((await client.reply()).code).toBe(220);
    expect((await client.reply()).code).toBe(500);
    await client.ehlo();
    await client.login(user, pass);
    const line = await gate.daemon.logged('authentication');
    expect(line).toMatchObject({ client: '127.0.0.1' });
    client.destroy();
    await gate.close();
  });
});
