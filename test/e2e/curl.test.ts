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

const args = (listener: 'starttls' | 'implicit', mechanism: string, password: string, file: string): string[] => [
  ...['--silent', '--show-error', '--max-time', '20'],
  ...['--url', `${listener === 'implicit' ? 'smtps' : 'smtp'}://localhost:${portOf(gate, listener)}/client.example`],
  ...['--ssl-reqd', '--cacert', gate.caFile],
  ...['--user', `${user}:${password}`, '--login-options', `AUTH=${mechanism}`],
  ...['--mail-from', user, '--mail-rcpt', 'bob@example.net', '--upload-file', file],
];

describe('curl', () => {
  it.for(waysIn)('sends over $listener with $mechanism', async ({ listener, mechanism }, test) => {
    const curl = needPeer(test, 'curl');
    const subject = `curl ${listener} ${mechanism}`;
    const file = gate.dir.write('message', `From: ${user}\r\nSubject: ${subject}\r\n\r\n.one\r\n..two\r\n`);
    const result = await runProgram(curl.path, { args: args(listener, mechanism, pass, file) });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const message = gate.messages().find((one) => one.fields('Subject').includes(subject));
    expect(message?.body).toBe('.one\n..two\n');
    expect(loggedAs(gate, mechanism)).toBe(true);
  });

  it('is told that a wrong password is wrong', async (test) => {
    const curl = needPeer(test, 'curl');
    const file = gate.dir.write('message', 'Subject: x\r\n\r\n');
    // curl(1): 67 is a login that was denied.
    expect((await runProgram(curl.path, { args: args('starttls', 'PLAIN', 'wrong', file) })).code).toBe(67);
  });
});
