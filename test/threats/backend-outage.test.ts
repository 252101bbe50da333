/** A verifier that could not answer is not a wrong password: 454 4.7.0, and nobody counts a failed login (RFC 4954 §6). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSmtp, fakeCheckpassword } from '@postern/testkit';
import type { CheckpasswordBehaviour, FakeCheckpassword, SmtpClient } from '@postern/testkit';
import { openGate, pass, quoteList, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

let program: FakeCheckpassword;
let gate: Gate;
beforeAll(async () => {
  program = fakeCheckpassword();
  gate = await openGate({
    verifier: `use = "checkpassword"\nprogram = ${quoteList([program.path, 'true'])}\ndeadline = "2s"`,
    limits: { 'failed-logins-per-address': 3, 'failed-logins-per-login': 3 },
  });
});
afterAll(async () => {
  await gate.close();
  program.remove();
});

async function connected(): Promise<SmtpClient> {
  const client = await connectSmtp(gate.target('implicit'));
  await client.reply();
  await client.ehlo();
  return client;
}

const OUTAGES: readonly (readonly [string, CheckpasswordBehaviour])[] = [
  ...[2, 3, 4, 50, 100, 110, 111, 112, 126, 127, 255].map((exit) => [`exit ${exit}`, { exit }] as const),
  ...[1, 6, 9, 11, 13, 15].map((signal) => [`signal ${signal}`, { signal }] as const),
  ['no reading of fd 3, and exit 111', { read: 'none', exit: 111 }],
  ['hanging', { hang: 'yes' }],
  ['hanging and ignoring SIGTERM', { hang: 'ignore-term' }],
];

describe('a verifier program in trouble', () => {
  it.each(OUTAGES)('%s is 454, the session goes on, and nothing is counted', async (_name, behaviour) => {
    const client = await connected();
    program.behave(behaviour);
    const reply = await client.login(user, pass);
    expect(`${reply.code} ${reply.status}`).toBe('454 4.7.0');
    program.behave({ users: { [user]: pass } });
    expect((await client.login(user, pass)).code).toBe(235);
    await client.quit();
  });

  it('is a line in the log that says why', async () => {
    const client = await connected();
    program.behave({ exit: 111 });
    await client.login('outage@example.com', pass);
    const line = await gate.daemon.logged((one) => one['login'] === 'outage@example.com');
    expect(line).toMatchObject({ event: 'authentication', outcome: 'unavailable', verifier: 'checkpassword' });
    expect(line['cause']).toMatch(/111/);
    await client.quit();
  });

  it('that floods its output is answered all the same', async () => {
    const client = await connected();
    program.behave({ users: { [user]: pass }, flood: 4_000_000 });
    const reply = await client.login(user, pass);
    expect([235, 454]).toContain(reply.code);
    await client.quit();
  });

  it('that leaves a grandchild with its pipes behind is not waited for', async () => {
    const client = await connected();
    program.behave({ users: { [user]: pass }, grandchild: 20 });
    expect((await client.login(user, pass)).code).toBe(235);
    await client.quit();
  });

  it('exit 1 alone is a refusal, and is counted', async () => {
    program.behave({ exit: 1 });
    for (let i = 0; i < 3; i++) {
      const client = await connected();
      const reply = await client.login(user, pass);
      expect(`${reply.code} ${reply.status}`).toBe('535 5.7.8');
      await client.quit();
    }
    const client = await connected();
    expect(`${(await client.login(user, pass)).code}`).toBe('454');
    await client.quit();
  });
});
