/** Every phase has its timer: what is late is told 421 where it can be told anything, and closed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSmtp, openStream, pause } from '@postern/testkit';
import { notOn } from '../support/engines.js';
import { openGate, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

describe('short timers', () => {
  let gate: Gate;
  beforeAll(async () => {
    gate = await openGate({
      timeouts: { handshake: '700ms', greeting: '700ms', command: '1s', unauthenticated: '2500ms', data: '1s' },
    });
  });
  afterAll(() => gate.close());

  const ended = (why: string) => gate.daemon.logged((line) => line.event === 'session' && line['outcome'] === why);

  it('end a handshake that never starts', async () => {
    const { tls: _tls, ...clear } = gate.target('implicit');
    const client = await connectSmtp(clear);
    await client.closed();
    client.destroy();
  });

  it('end a session without EHLO', async () => {
    const client = await connectSmtp(gate.target('starttls'));
    await client.reply();
    expect((await client.reply()).lines).toEqual([expect.stringMatching(/^421 4\.4\.2 /)]);
    await client.closed();
    await ended('timeout');
    client.destroy();
  });

  it('end a session that goes quiet', async () => {
    const client = await gate.login();
    expect((await client.reply()).code).toBe(421);
    await client.closed();
    client.destroy();
  });

  it('end a session that is busy and never logs in', async () => {
    const client = await connectSmtp(gate.target('starttls'));
    await client.reply();
    await client.ehlo();
    let last = 250;
    for (let i = 0; i < 100 && last === 250; i++) {
      await pause(100);
      last = (await client.command('NOOP')).code;
    }
    expect(last).toBe(421);
    client.destroy();
  });

  it('end a handshake behind STARTTLS that never comes', async () => {
    const client = await connectSmtp(gate.target('starttls'));
    await client.reply();
    await client.ehlo();
    expect((await client.command('STARTTLS')).code).toBe(220);
    await client.closed();
    client.destroy();
  });

  it('end an AUTH exchange that stops', async () => {
    const client = await connectSmtp(gate.target('implicit'));
    await client.reply();
    await client.ehlo();
    await client.command('AUTH LOGIN');
    expect((await client.reply()).code).toBe(421);
    client.destroy();
  });

  it('end a DATA that stops, and queue nothing', async () => {
    const before = gate.messages().length;
    const client = await gate.login();
    for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
    client.raw('Subject: stops\r\n\r\nhere');
    await client.closed();
    expect(gate.messages()).toHaveLength(before);
    client.destroy();
  });

  it('are fed by DATA octets: a slow upload is no idle one', async () => {
    const before = gate.messages().length;
    const client = await gate.login();
    for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
    client.raw('Subject: slow\r\n\r\n');
    for (let i = 0; i < 12; i++) {
      await pause(250);
      client.raw(`line ${i} ${'x'.repeat(100)}\r\n`);
    }
    client.raw('.\r\n');
    expect((await client.reply()).code).toBe(250);
    expect(gate.messages()).toHaveLength(before + 1);
    client.destroy();
  });

  it('are not fed by a trickle: an octet now and then ends in time', async (test) => {
    notOn(test, 'smtp-server', 'the package knows an idle timer and no least rate');
    const before = gate.messages().length;
    const client = await gate.login();
    for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
    client.raw('Subject: trickle\r\n\r\n');
    for (let i = 0; i < 100 && !client.ended; i++) {
      client.raw('x');
      await pause(100);
    }
    expect(client.ended).toBe(true);
    expect(gate.messages()).toHaveLength(before);
    client.destroy();
  });

  it('leave nobody behind', async () => {
    const stream = await openStream(gate.target('starttls'));
    stream.resume();
    await new Promise((resolve) => stream.once('end', resolve));
    stream.destroy();
  });
});
