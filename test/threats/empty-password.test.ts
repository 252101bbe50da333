/** An empty password makes an LDAP server bind anonymously, and say yes: no verifier is ever asked about one. */
import { describe, expect, it } from 'vitest';
import { connectSmtp, fakeCheckpassword } from '@postern/testkit';
import { openGate, quoteList } from '../support/gate.js';

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

describe('passwords and logins that no verifier may see', () => {
  it('are refused before a program is started', async () => {
    const program = fakeCheckpassword({ users: { alice: 'wonderland' } });
    const gate = await openGate({
      verifier: `use = "checkpassword"\nprogram = ${quoteList([program.path, 'true'])}`,
      limits: { 'failed-logins': 100 },
    });
    const before = program.runs().length;
    const client = await connectSmtp(gate.target('implicit'));
    await client.reply();
    await client.ehlo();
    for (const [login, password] of [
      ['alice', ''],
      ['', 'wonderland'],
      ['', ''],
      ['alice\n', 'wonderland'],
      ['alice', 'wonder\nland'],
      ['al\x7fice', 'wonderland'],
      ['alice', 'x'.repeat(600)],
    ] as const) {
      const reply = await client.command(`AUTH PLAIN ${base64(`\0${login}\0${password}`)}`);
      // The last one is the 512 octets of fd 3: refused, not cut.
      expect(reply.code, JSON.stringify([login, password.slice(0, 20)])).toBeGreaterThanOrEqual(454);
      expect(reply.code).not.toBe(235);
    }
    expect(program.runs()).toHaveLength(before);
    await client.quit();
    await gate.close();
    program.remove();
  });
});
