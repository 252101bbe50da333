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

describe('swaks', () => {
  const common = (listener: 'starttls' | 'implicit'): string[] => [
    ...['--server', '127.0.0.1', '--port', portOf(gate, listener)],
    listener === 'starttls' ? '--tls' : '--tls-on-connect',
    ...['--tls-verify', '--tls-ca-path', gate.caFile],
    ...['--from', user, '--to', 'bob@example.net,carol@example.net'],
  ];

  it.for(waysIn)('sends over $listener with $mechanism', async ({ listener, mechanism }, test) => {
    const swaks = needPeer(test, 'swaks');
    const subject = `swaks ${listener} ${mechanism}`;
    const result = await runProgram(swaks.path, {
      args: [
        ...common(listener),
        ...['--auth', mechanism, '--auth-user', user, '--auth-password', pass],
        ...['--header', `Subject: ${subject}`, '--body', 'a line\n.\n..\nthe last'],
      ],
    });
    expect(result.stdout + result.stderr).toContain('250 2.0.0 ok');
    expect(result.code).toBe(0);
    const message = gate.messages().find((one) => one.fields('Subject').includes(subject));
    expect(message?.body).toContain('a line\n.\n..\nthe last\n');
    expect(message?.raw.includes('\r')).toBe(false);
    expect(loggedAs(gate, mechanism)).toBe(true);
  });

  it('is told that a wrong password is wrong, and sends nothing', async (test) => {
    const swaks = needPeer(test, 'swaks');
    const before = gate.messages().length;
    const result = await runProgram(swaks.path, {
      args: [...common('starttls'), ...['--auth', 'PLAIN', '--auth-user', user, '--auth-password', 'wrong']],
    });
    // swaks(1): 28 is "Problem performing SMTP AUTH".
    expect(result.code).toBe(28);
    expect(result.stdout + result.stderr).toContain('535 5.7.8');
    expect(gate.messages()).toHaveLength(before);
  });

  it('pipelines', async (test) => {
    const swaks = needPeer(test, 'swaks');
    const result = await runProgram(swaks.path, {
      args: [
        ...common('implicit'),
        ...['--pipeline', '--auth', 'PLAIN', '--auth-user', user, '--auth-password', pass],
        ...['--header', 'Subject: swaks pipelined'],
      ],
    });
    expect(result.code).toBe(0);
    expect(gate.messages().some((one) => one.fields('Subject').includes('swaks pipelined'))).toBe(true);
  });
});
