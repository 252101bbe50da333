/** Which certificate a client gets, and what happens when it changes (pitfall 18). */
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connectSmtp, issueCertificate } from '@postern/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificates, replaceableCertificates } from '../../src/certificates.js';
import { startWire } from './wire-server.js';

async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('close', () => reject(new Error('no handshake')));
  });
  return socket;
}

const nameAt = async (port: number, servername?: string): Promise<string> => {
  const socket = await handshake(port, servername === undefined ? {} : { servername });
  const name: unknown = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return String(name);
};

const named = async (name: string): Promise<{ cert: string; key: string }> => issueCertificate({ names: [name] });

describe('certificates', () => {
  it('that cannot be had are the trouble of that connection', async () => {
    const good = certificates({ pairs: [await issueCertificate()] });
    let broken = true;
    const trouble = (): never => {
      throw new Error('no such file');
    };
    const { implicit, starttls, events, sessions } = await startWire({
      certificates: {
        fallback: () => (broken ? trouble() : good.fallback()),
        forName: (name) => (name === 'broken.example' ? trouble() : good.forName(name)),
      },
    });
    await expect(handshake(implicit.port)).rejects.toThrow();
    const client = await connectSmtp(starttls);
    await client.reply();
    await client.ehlo();
    await expect(client.startTls()).rejects.toThrow();
    broken = false;
    await expect(handshake(implicit.port, { servername: 'broken.example' })).rejects.toThrow();
    expect((await sessions(3)).map((event) => event.ended)).toEqual(['fault', 'fault', 'tls-failed']);
    expect(events.filter((event) => event.event === 'fault')).toHaveLength(2);
    await handshake(implicit.port);
  });

  it('are chosen by name: exact, then wildcard, then the first', async () => {
    const pairs = [await named('default.example'), await named('*.example.net'), await named('mail.example.net')];
    const { implicit, starttls, sessions } = await startWire({ certificates: certificates({ pairs }) });
    expect(await nameAt(implicit.port, 'mail.example.net')).toBe('mail.example.net');
    expect(await nameAt(implicit.port, 'MAIL.example.NET')).toBe('mail.example.net');
    expect(await nameAt(implicit.port, 'smtp.example.net')).toBe('*.example.net');
    expect(await nameAt(implicit.port, 'other.example')).toBe('default.example');
    expect(await nameAt(implicit.port)).toBe('default.example');
    const client = await connectSmtp({ port: starttls.port, servername: 'mail.example.net' });
    await client.reply();
    await client.startTls();
    expect((client.stream as Pick<TLSSocket, 'getPeerCertificate'> & Duplex).getPeerCertificate().subject.CN).toBe(
      'mail.example.net',
    );
    await client.quit();
    expect((await sessions(6)).at(-1)?.tls).toMatchObject({ servername: 'mail.example.net', protocol: 'TLSv1.3' });
  });

  it('are exchanged between two handshakes, and sessions that are open stay so', async () => {
    const changing = replaceableCertificates(certificates({ pairs: [await named('old.example')] }));
    const { implicit } = await startWire({ certificates: changing });
    const before = await connectSmtp(implicit);
    await before.reply();
    expect(await nameAt(implicit.port)).toBe('old.example');
    changing.replace(certificates({ pairs: [await named('new.example')] }));
    expect(await nameAt(implicit.port)).toBe('new.example');
    expect(await nameAt(implicit.port, 'new.example')).toBe('new.example');
    expect((await before.command('NOOP')).code).toBe(250);
    await before.quit();
  });

  it('a client certificate is not asked for', async () => {
    const { implicit } = await startWire();
    const socket = await handshake(implicit.port, { maxVersion: 'TLSv1.2' });
    expect(socket.authorized).toBe(false);
    expect(socket.getProtocol()).toBe('TLSv1.2');
  });

  it('TLS 1.1 is not spoken, and that is one line in the log', async () => {
    const { implicit, sessions } = await startWire();
    await expect(
      handshake(implicit.port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
    ).rejects.toThrow();
    expect(await sessions(1)).toMatchObject([{ ended: 'tls-failed' }]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a session is resumed by another server with the same ticket keys (%s)',
    async (version) => {
      const pair = await named('localhost');
      const ticketKeys = randomBytes(48);
      const one = await startWire({ certificates: certificates({ pairs: [pair], ticketKeys }) });
      const two = await startWire({ certificates: certificates({ pairs: [pair], ticketKeys }) });
      const first = await handshake(one.implicit.port, {
        servername: 'localhost',
        minVersion: version,
        maxVersion: version,
      });
      // TLS 1.2 has its ticket in the handshake, TLS 1.3 sends it afterwards.
      const later = new Promise<Buffer>((resolve) => {
        first.on('session', resolve);
        first.on('data', () => undefined);
      });
      const session = version === 'TLSv1.2' ? first.getSession() : await later;
      first.destroy();
      const second = await handshake(two.implicit.port, {
        servername: 'localhost',
        minVersion: version,
        maxVersion: version,
        ...(session === undefined ? {} : { session }),
      });
      expect(second.isSessionReused()).toBe(true);
    },
  );
});
