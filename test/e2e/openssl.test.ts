import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needPeer, startProgram } from '@postern/testkit';
import { openGate } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { portOf } from './matrix.js';

let gate: Gate;
beforeAll(async () => {
  gate = await openGate();
});
afterAll(() => gate.close());

/** TLS as OpenSSL's own client sees it. */
describe('openssl s_client', () => {
  it.for(['starttls', 'implicit'] as const)('verifies the certificate and speaks over %s', async (listener, test) => {
    const openssl = needPeer(test, 'openssl');
    const client = await startProgram(openssl.path, {
      args: [
        ...[
          's_client',
          '-connect',
          `127.0.0.1:${portOf(gate, listener)}`,
          '-servername',
          'localhost',
          '-crlf',
          '-quiet',
        ],
        ...['-CAfile', gate.caFile, '-verify_return_error', '-verify_hostname', 'localhost'],
        ...(listener === 'starttls' ? ['-starttls', 'smtp'] : []),
      ],
      keepInput: true,
    });
    client.write('EHLO client.example\n');
    expect(await client.line(/^250 /, { stream: 'stdout' })).toMatch(/^250 AUTH /);
    client.write('QUIT\n');
    expect(await client.line(/^221 /, { stream: 'stdout' })).toMatch(/^221 2\.0\.0/);
    await client.stop();
  });

  it('is refused TLS 1.1', async (test) => {
    const openssl = needPeer(test, 'openssl');
    const client = await startProgram(openssl.path, {
      args: [
        's_client',
        '-connect',
        `127.0.0.1:${portOf(gate, 'implicit')}`,
        '-tls1_1',
        '-cipher',
        'DEFAULT:@SECLEVEL=0',
      ],
    });
    const { code, stdout } = await client.ended;
    expect(code).not.toBe(0);
    expect(stdout).toContain('Cipher is (NONE)');
  });
});
