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

const PROGRAM = `
import smtplib, ssl, sys
from email.message import EmailMessage
listener, port, mechanism, ca, user, password, initial, subject = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
if listener == 'implicit':
    client = smtplib.SMTP_SSL('localhost', int(port), local_hostname='client.example', context=context, timeout=20)
else:
    client = smtplib.SMTP('localhost', int(port), local_hostname='client.example', timeout=20)
    client.starttls(context=context)
client.ehlo()
client.user, client.password = user, password
method = getattr(client, 'auth_' + mechanism.lower().replace('-', '_'))
try:
    client.auth(mechanism, method, initial_response_ok=(initial == 'yes'))
except smtplib.SMTPAuthenticationError as error:
    print(error.smtp_code, error.smtp_error.decode())
    sys.exit(3)
message = EmailMessage()
message['From'], message['To'], message['Subject'] = user, 'bob@example.net', subject
message.set_content('dots:\\n.\\n..\\nend\\n')
print(client.send_message(message))
client.quit()
`;

describe("Python's smtplib", () => {
  const run = (path: string, listener: string, mechanism: string, initial: string, subject: string, password = pass) =>
    runProgram(path, {
      args: [
        '-c',
        PROGRAM,
        listener,
        portOf(gate, listener as 'implicit'),
        mechanism,
        gate.caFile,
        user,
        password,
        initial,
        subject,
      ],
    });

  it.for(waysIn)('sends over $listener with $mechanism', async ({ listener, mechanism }, test) => {
    const python = needPeer(test, 'python3');
    for (const initial of ['yes', 'no']) {
      const subject = `smtplib ${listener} ${mechanism} ${initial}`;
      expect(await run(python.path, listener, mechanism, initial, subject)).toMatchObject({
        code: 0,
        stdout: '{}\n',
        stderr: '',
      });
      const message = gate.messages().find((one) => one.fields('Subject').includes(subject));
      expect(message?.body).toBe('dots:\n.\n..\nend\n');
    }
    expect(loggedAs(gate, mechanism)).toBe(true);
  });

  it('is told that a wrong password is wrong', async (test) => {
    const python = needPeer(test, 'python3');
    const result = await run(python.path, 'starttls', 'LOGIN', 'yes', 'x', 'wrong');
    expect(result.code).toBe(3);
    expect(result.stdout).toMatch(/^535 5\.7\.8 /);
  });
});
