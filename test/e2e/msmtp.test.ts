import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needPeer, runProgram } from '@postern/testkit';
import { openGate, pass, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { loggedAs, portOf, waysIn } from './matrix.js';

let gate: Gate;
beforeAll(async () => {
  gate = await openGate();
});
afterAll(() => gate.close());

const account = (listener: 'starttls' | 'implicit', mechanism: string, password: string): string =>
  gate.dir.write(
    `msmtprc-${listener}-${mechanism}`,
    `account default
host localhost
port ${portOf(gate, listener)}
domain client.example
from ${user}
user ${user}
password ${password}
auth ${mechanism.toLowerCase()}
tls on
tls_starttls ${listener === 'starttls' ? 'on' : 'off'}
tls_trust_file ${gate.caFile}
`,
    0o600,
  );

describe('msmtp', () => {
  it.for(waysIn)('sends over $listener with $mechanism', async ({ listener, mechanism }, test) => {
    const msmtp = needPeer(test, 'msmtp');
    const subject = `msmtp ${listener} ${mechanism}`;
    const result = await runProgram(msmtp.path, {
      args: ['--file', account(listener, mechanism, pass), '--', 'bob@example.net'],
      input: `From: ${user}\nTo: bob@example.net\nSubject: ${subject}\n\nbody\n.\nend\n`,
    });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const message = gate.messages().find((one) => one.fields('Subject').includes(subject));
    expect(message?.body).toBe('body\n.\nend\n');
    expect(loggedAs(gate, mechanism)).toBe(true);
  });

  it('is told that a wrong password is wrong', async (test) => {
    const msmtp = needPeer(test, 'msmtp');
    const result = await runProgram(msmtp.path, {
      args: ['--file', account('implicit', 'PLAIN', 'wrong'), '--', 'bob@example.net'],
      input: 'Subject: x\n\n',
    });
    // sysexits(3): EX_NOPERM
    expect(result.code).toBe(77);
    expect(result.stderr).toContain('535 5.7.8');
  });
});
