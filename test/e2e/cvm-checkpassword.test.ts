/** A real checkpassword (Debian's cvm-checkpassword, with a password file of its own) behind the gate. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSmtp, describePeer, tempDir } from '@postern/testkit';
import { isRoot, nobody, openGate, quoteList } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

describePeer(describe, ['cvm-checkpassword', 'cvm-pwfile'], 'a real checkpassword', (checkpassword, pwfile) => {
  let gate: Gate;
  beforeAll(async () => {
    // passwd(5), passwords in clear. The program becomes the user that it finds there: without root it can be nobody else.
    const ids = isRoot ? `${nobody.uid}:${nobody.gid}` : `${process.getuid?.() ?? ''}:${process.getgid?.() ?? ''}`;
    const passwords = tempDir().write('passwd', `alice@example.com:wonderland:${ids}:Alice:/:/bin/sh\n`);
    gate = await openGate({
      // cvm-checkpassword(8) wants its module as first argument and exits 100, not 1, for a wrong password. It finds the
      // file by the environment, which a checkpassword does not inherit: env(1) hands it over.
      verifier: `use = "checkpassword"
flavour = "cvm"
program = ${quoteList(['/usr/bin/env', 'CVM_ACCOUNT_SPLIT_CHARS=', `CVM_PWFILE_PATH=${passwords}`, checkpassword.path, pwfile.path, 'true'])}`,
    });
  });
  afterAll(() => gate.close());

  it('accepts and rejects', async () => {
    const client = await connectSmtp(gate.target('implicit'));
    await client.reply();
    const offered = await client.ehlo();
    expect(offered.get('AUTH')).toBe('PLAIN LOGIN');
    expect((await client.login('alice@example.com', 'wrong')).status).toBe('5.7.8');
    expect((await client.login('nobody@example.com', 'wonderland')).status).toBe('5.7.8');
    expect((await client.login('alice@example.com', 'wonderland')).status).toBe('2.7.0');
    expect((await client.deliver('alice@example.com', ['bob@example.net'], 'Subject: cvm\n\nx\n')).code).toBe(250);
    await client.quit();
    expect(gate.messages()).toHaveLength(1);
  });
});
