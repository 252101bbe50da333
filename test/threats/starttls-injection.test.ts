/** CVE-2011-0411 and its kin: what came in the clear is not answered inside TLS (RFC 3207 §4.2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSmtp, injectBehindStartTls } from '@postern/testkit';
import { openGate } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

let gate: Gate;
beforeAll(async () => {
  gate = await openGate();
});
afterAll(() => gate.close());

const INJECTED = [
  ['a whole command', 'RSET\r\n'],
  ['several commands', 'EHLO evil.example\r\nRSET\r\nVRFY x\r\n'],
  ['half a command', 'RSE'],
  ['a command and a half', 'RSET\r\nMAIL FR'],
  ['half an EHLO that the first line inside TLS would complete', 'EHLO evil'],
  ['a line end', '\r\n'],
] as const;

describe('plaintext behind STARTTLS', () => {
  for (const how of ['same-segment', 'next-segment'] as const) {
    it.each(INJECTED)(`${how}: %s is dropped, or ends the connection`, async (_name, injected) => {
      const result = await injectBehindStartTls(gate.target('starttls'), injected, how);
      expect(result.starttls.code).toBe(220);
      // Nothing is answered in the clear behind the 220 either.
      expect(result.clear).toBe('');
      if (result.tlsError === undefined) expect(result.inside.map((reply) => reply.code)).toEqual([250, 221]);
      else expect(result.inside).toEqual([]);
    });
  }

  it('does not carry EHLO or a login into TLS', async () => {
    const client = await connectSmtp(gate.target('starttls'));
    await client.reply();
    await client.ehlo();
    await client.startTls();
    expect((await client.command('AUTH LOGIN')).code).toBe(503);
    client.destroy();
  });
});

describe('answers injected before STARTTLS', () => {
  // The other direction: a server must not send anything in the clear that a client could read inside TLS.
  it('do not exist: 220 is the last clear byte', async () => {
    const client = await connectSmtp(gate.target('starttls'));
    await client.reply();
    await client.ehlo();
    client.raw('STARTTLS\r\nNOOP\r\nNOOP\r\n');
    expect((await client.reply()).code).toBe(220);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.unread).toBe('');
    client.destroy();
  });
});
