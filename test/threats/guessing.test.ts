/** Guessing passwords: counted by connection, address and login, known or not, and answered without asking a verifier. */
import { describe, expect, it } from 'vitest';
import { connectSmtp, fakeCheckpassword } from '@postern/testkit';
import { openGate, pass, quoteList, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

async function attempt(gate: Gate, login: string, password: string): Promise<number> {
  const client = await connectSmtp(gate.target('implicit'));
  await client.reply();
  await client.ehlo();
  const { code } = await client.login(login, password);
  client.destroy();
  return code;
}

describe('failed logins', () => {
  it('from one address block that address for a while, whatever the login', async () => {
    const gate = await openGate({ limits: { 'failed-logins-per-address': 4 } });
    for (let i = 0; i < 4; i++) expect(await attempt(gate, `guess${i}@example.com`, 'x')).toBe(535);
    expect(await attempt(gate, user, pass)).toBe(454);
    await gate.close();
  });

  it.each([user, 'nobody@example.com'])('for one login block that login, known or not: %s', async (login) => {
    const gate = await openGate({ limits: { 'failed-logins-per-login': 3 } });
    for (let i = 0; i < 3; i++) expect(await attempt(gate, login, 'x')).toBe(535);
    expect(await attempt(gate, login, pass)).toBe(454);
    expect(await attempt(gate, 'bob@example.com', 'builder')).toBe(235);
    await gate.close();
  });

  it('that are blocked start no program', async () => {
    const program = fakeCheckpassword({ users: { [user]: pass } });
    const gate = await openGate({
      verifier: `use = "checkpassword"\nprogram = ${quoteList([program.path, 'true'])}`,
      limits: { 'failed-logins-per-address': 2 },
    });
    for (let i = 0; i < 2; i++) expect(await attempt(gate, user, 'x')).toBe(535);
    const before = program.runs().length;
    expect(await attempt(gate, user, pass)).toBe(454);
    expect(program.runs()).toHaveLength(before);
    expect((await gate.daemon.logged((line) => line['outcome'] === 'blocked')).event).toBe('authentication');
    await gate.close();
    program.remove();
  });
});
