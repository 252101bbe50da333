/** The AUTH line is what the verifiers can check, and never more: CRAM-MD5 only where there is a secret. */
import { expect, it } from 'vitest';
import { connectSmtp, fakeCheckpassword, runPosternd } from '@postern/testkit';
import { giveAway, openGate, pass, quote, quoteList, user } from '../support/gate.js';
import type { GateOptions } from '../support/gate.js';

async function offered(options: GateOptions): Promise<string | undefined> {
  const gate = await openGate(options);
  const client = await connectSmtp(gate.target('implicit'));
  await client.reply();
  const auth = (await client.ehlo()).get('AUTH');
  const mechanisms = auth?.split(' ') ?? [];
  // Whatever is not offered is not taken either.
  for (const mechanism of ['PLAIN', 'LOGIN', 'CRAM-MD5'].filter((name) => !mechanisms.includes(name))) {
    expect((await client.command(`AUTH ${mechanism}`)).code).toBe(504);
  }
  client.destroy();
  await gate.close();
  return auth;
}

it('with passwords in clear', async () => {
  expect(await offered({})).toBe('PLAIN LOGIN CRAM-MD5');
});

it('with a checkpassword that takes passwords', async () => {
  const program = fakeCheckpassword({ users: { [user]: pass } });
  expect(await offered({ verifier: `use = "checkpassword"\nprogram = ${quoteList([program.path, 'true'])}` })).toBe(
    'PLAIN LOGIN',
  );
});

it.each(['challenge-response', 'response-challenge'] as const)('with a checkpassword that takes %s', async (cram) => {
  const program = fakeCheckpassword({ users: { [user]: pass }, cram });
  const verifier = `use = "checkpassword"\nprogram = ${quoteList([program.path, 'true'])}\ncram = ${quote(cram)}`;
  expect(await offered({ verifier })).toBe('PLAIN LOGIN CRAM-MD5');
});

it('with nothing but hashes', async () => {
  const { stdout } = await runPosternd(['passwd', user], { input: `${pass}\n` });
  const gate = await openGate();
  const users = gate.dir.write('hashed', stdout, 0o600);
  giveAway(users);
  expect(stdout).not.toContain(pass);
  expect(await offered({ verifier: `use = "file"\npath = ${quote(users)}` })).toBe('PLAIN LOGIN');
  await gate.close();
});

it('with a list in the configuration: at most that', async () => {
  expect(await offered({ auth: 'mechanisms = ["LOGIN"]' })).toBe('LOGIN');
});
