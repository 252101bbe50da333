/** TLS, HTTP or nothing at all where SMTP in the clear was expected: one line, 421, closed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientHelloInClear, connectSmtp, flood, needPeer, runProgram, speakHttp } from '@postern/testkit';
import { openGate } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

let gate: Gate;
beforeAll(async () => {
  gate = await openGate();
});
afterAll(() => gate.close());

const sessions = () => gate.daemon.log().filter((line) => line.event === 'session');

describe('on the STARTTLS port', () => {
  it('a TLS ClientHello is told 421 and closed, with one log line', async () => {
    const before = sessions().length;
    const said = await clientHelloInClear(gate.target('starttls'));
    expect(said).toMatch(/^220 [^\r]*\r\n421 4\.7\.0 [^\r]*\r\n$/);
    await gate.daemon.logged((line) => line['outcome'] === 'not-smtp');
    expect(sessions()).toHaveLength(before + 1);
  });

  it('an HTTP request is told 421 and closed', async () => {
    expect(await speakHttp(gate.target('starttls'))).toMatch(/^220 [^\r]*\r\n421 4\.7\.0 [^\r]*\r\n$/);
  });

  it('a browser cannot be made to send mail through it', async (test) => {
    const curl = needPeer(test, 'curl');
    const body = 'EHLO x\r\nMAIL FROM:<a@b>\r\n';
    const { port } = gate.target('starttls');
    const result = await runProgram(curl.path, {
      args: ['-s', '--http0.9', '--max-time', '10', '-X', 'POST', '--data-binary', body, `http://127.0.0.1:${port}/`],
    });
    expect(result.stdout).toContain('421');
    expect(result.stdout).not.toContain('250');
  });

  it('a flood of commands is ended, not served', async () => {
    const said = await flood(gate.target('starttls'), 'GARBAGE', 10_000);
    expect(said.match(/^500 /gm)?.length).toBeLessThanOrEqual(20);
    expect(said).toMatch(/421 4\.7\.0 [^\r]*\r\n$/);
  });
});

describe('on the TLS port', () => {
  it('SMTP in the clear gets no greeting in the clear', async () => {
    const { tls: _tls, ...clear } = gate.target('implicit');
    const client = await connectSmtp(clear);
    client.raw('EHLO client.example\r\n');
    await client.closed();
    expect(client.received).not.toMatch(/^220/);
    client.destroy();
  });
});
