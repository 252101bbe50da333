/** A password is in no log line and no reply, whatever goes wrong and at whatever level is logged. */
import { describe, expect, it } from 'vitest';
import { connectSmtp, fakeCheckpassword, pause } from '@postern/testkit';
import { openGate, quoteList, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

const SECRET = 'xyzzy-Geheimnis-42';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The secret as it may be written: itself, reversed into base64 at each of the three offsets, in hexadecimal, quoted. */
const FORMS = [
  SECRET,
  ...['', 'a', 'ab'].map((before) => base64(before + SECRET).slice(before.length === 0 ? 0 : 4, -4)),
  Buffer.from(SECRET).toString('hex'),
  encodeURIComponent(SECRET),
];

function expectNoSecret(where: string, text: string): void {
  for (const form of FORMS) expect(text.includes(form), `${where} holds ${form}`).toBe(false);
}

/** Every way to bring a password to the server, right and wrong; all replies. */
async function sayItEverywhere(gate: Gate): Promise<string> {
  const plain = base64(`\0${user}\0${SECRET}`);
  const scripts = [
    [`AUTH PLAIN ${plain}`],
    ['AUTH PLAIN', plain],
    ['AUTH LOGIN', base64(user), base64(SECRET)],
    [`AUTH LOGIN ${base64(user)}`, base64(SECRET)],
    [`AUTH PLAIN ${plain}=`],
    [`AUTH PLAIN ${plain} extra`],
    [`AUTH ${plain}`],
    [`AUTH PLAIN\t${plain}`],
    [`AUTHPLAIN ${plain}`],
    [plain],
    [`NOOP ${SECRET}`],
    [`HELP ${SECRET}`],
    ['AUTH LOGIN', base64(user), `${base64(SECRET)}\0`],
    ['AUTH LOGIN', base64(user), SECRET],
  ];
  let said = '';
  for (const script of scripts) {
    for (const listener of ['implicit', 'plain', 'starttls'] as const) {
      const client = await connectSmtp(gate.target(listener));
      await client.reply();
      await client.ehlo();
      for (const line of script) await client.command(line).catch(() => undefined);
      said += client.received;
      client.destroy();
    }
  }
  return said;
}

describe('a secret', () => {
  it.each([
    ['is accepted', { users: { [user]: SECRET } }],
    ['is refused', { users: { [user]: 'another' } }],
    ['cannot be checked', { exit: 111, stderr: 'no database' }],
    ['is checked by a program that crashes', { signal: 'SEGV' }],
  ] as const)('that %s is never shown', async (_name, behaviour) => {
    const program = fakeCheckpassword(behaviour);
    const gate = await openGate({
      verifier: `use = "checkpassword"\nprogram = ${quoteList([program.path, 'true'])}`,
      limits: { 'failed-logins': 1000 },
      tables: '[log]\nlevel = "debug"',
    });
    const said = await sayItEverywhere(gate);
    await pause(100);
    expectNoSecret('a reply', said);
    await gate.daemon.stop();
    expectNoSecret('the log', gate.daemon.stderr());
    expect(gate.daemon.stderr()).toContain('"event":"authentication"');
    program.remove();
  });
});

describe('what a client writes', () => {
  it('is escaped in the log, and a failed login is one line with the client address', async () => {
    const gate = await openGate();
    const login = 'eve"\\}{ \u2028 <b>%s ${x} \u202e';
    const client = await connectSmtp(gate.target('implicit'));
    await client.reply();
    await client.ehlo('ehlo"name\\');
    await client.command(`AUTH PLAIN ${base64(`\0${login}\0wrong`)}`);
    await client.quit();
    const line = await gate.daemon.logged('authentication');
    expect(line).toMatchObject({ outcome: 'rejected', login, mechanism: 'PLAIN', client: '127.0.0.1' });
    const raw = gate.daemon
      .stderr()
      .split('\n')
      .filter((text) => text.includes('"authentication"'));
    expect(raw).toHaveLength(1);
    // Terminal escapes and line ends, Unicode's own among them, never come out as they went in.
    expect(raw[0]).toMatch(/^[\x20-\x7e\u00a0-\u2027\u202a-\uffff]*$/);
    await gate.close();
  });
});
