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

describe('mutt', () => {
  it.for(waysIn)('sends over $listener with $mechanism', async ({ listener, mechanism }, test) => {
    const mutt = needPeer(test, 'mutt');
    const scheme = listener === 'implicit' ? 'smtps' : 'smtp';
    const rc = gate.dir.write(
      `muttrc-${listener}-${mechanism}`,
      `set smtp_url="${scheme}://${user.replace('@', '%40')}@localhost:${portOf(gate, listener)}/"
set smtp_pass="${pass}"
set smtp_authenticators="${mechanism.toLowerCase()}"
set ssl_force_tls=yes
set ssl_starttls=yes
set ssl_ca_certificates_file="${gate.caFile}"
set certificate_file="${gate.caFile}"
set from="${user}"
set realname="Alice"
set hostname="client.example"
set copy=no
set send_charset="utf-8"
set charset="utf-8"
`,
      0o600,
    );
    const subject = `mutt ${listener} ${mechanism}`;
    const result = await runProgram(mutt.path, {
      args: ['-n', '-F', rc, '-s', subject, '--', 'bob@example.net'],
      env: { ...process.env, HOME: gate.dir.path, LC_ALL: 'C.UTF-8' },
      input: 'Grüße\n.\nend\n',
    });
    expect(result).toMatchObject({ code: 0 });
    const message = gate.messages().find((one) => one.fields('Subject').includes(subject));
    expect(message?.fields('From')).toEqual([`Alice <${user}>`]);
    expect(message?.body).toMatch(/\n\.\nend\n|^.*\n\.\nend\n/);
    expect(loggedAs(gate, mechanism)).toBe(true);
  });
});
