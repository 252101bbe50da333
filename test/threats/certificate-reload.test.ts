/** SIGHUP: new connections get the new certificate, open ones go on, and a bad file keeps the old one. SNI chooses. */
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueCertificate, waitFor } from '@postern/testkit';
import { openGate } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

let gate: Gate;
beforeAll(async () => {
  gate = await openGate();
});
afterAll(() => gate.close());

function handshake(options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port: gate.target('implicit').port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: gate.ca,
      rejectUnauthorized: false,
      ...options,
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function serial(servername?: string): Promise<string> {
  const socket = await handshake(servername === undefined ? {} : { servername });
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

async function replace(names: string[]): Promise<string> {
  const { cert, key } = await issueCertificate({ names });
  gate.dir.write('cert.pem', cert);
  gate.dir.write('key.pem', key, 0o600);
  return new X509Certificate(cert).serialNumber;
}

describe('the certificate', () => {
  it('is exchanged for new connections, and open ones go on', async () => {
    const open = await gate.login('implicit');
    const wanted = await replace(['localhost']);
    gate.daemon.signal('SIGHUP');
    await waitFor('the new certificate', async () => (await serial()) === wanted);
    expect((await open.command('NOOP')).code).toBe(250);
    await open.quit();
  });

  it('stays as it is when the new one cannot be used', async () => {
    const before = await serial();
    for (const broken of [
      '',
      'not a certificate\n',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    ]) {
      const lines = gate.daemon.log().length;
      gate.dir.write('cert.pem', broken);
      gate.daemon.signal('SIGHUP');
      await waitFor('a log line', () => gate.daemon.log().length > lines);
      expect(await serial()).toBe(before);
    }
    // The right certificate with another key.
    const { cert } = await issueCertificate();
    const lines = gate.daemon.log().length;
    gate.dir.write('cert.pem', cert);
    gate.daemon.signal('SIGHUP');
    await waitFor('a log line', () => gate.daemon.log().length > lines);
    expect(await serial()).toBe(before);
    const wanted = await replace(['localhost']);
    gate.daemon.signal('SIGHUP');
    await waitFor('the mended certificate', async () => (await serial()) === wanted);
  });

  it('of the client is not asked for', async () => {
    const socket = await handshake();
    // Node shows what a server asked for only by whether it sends one; OpenSSL would list the names of its authorities.
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  it('session can be resumed', async () => {
    const first = await handshake({ maxVersion: 'TLSv1.2' });
    const session = await new Promise<Buffer>((resolve) => {
      const known = first.getSession();
      if (known !== undefined) resolve(known);
      else first.once('session', resolve);
    });
    first.destroy();
    const second = await handshake({ maxVersion: 'TLSv1.2', session });
    expect(second.isSessionReused()).toBe(true);
    second.destroy();
  });
});
