import { X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { issueCertificate, needPeer, runProgram, tempDir, throwawayCa } from '../src/index.js';

describe('the throwaway authority', () => {
  it('issues certificates that Node trusts by it', async () => {
    const ca = await throwawayCa();
    const { cert, key } = await issueCertificate({ names: ['mail.example.com', '*.example.org'], ip: ['127.0.0.1'] });
    const server = createServer({ cert, key }, (socket) => socket.end('hello'));
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as { port: number };
    const tryAs = (servername: string) =>
      new Promise<string>((resolve) => {
        const socket = connect({ port, host: '127.0.0.1', servername, ca: ca.caPem });
        socket.once('secureConnect', () => {
          resolve('trusted');
          socket.destroy();
        });
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
    expect(await tryAs('mail.example.com')).toBe('trusted');
    expect(await tryAs('any.example.org')).toBe('trusted');
    expect(await tryAs('other.example.com')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    await new Promise((resolve) => server.close(resolve));
  });

  it('issues certificates that OpenSSL trusts by it, strictly', async (test) => {
    const openssl = needPeer(test, 'openssl');
    const ca = await throwawayCa();
    const { cert } = await ca.issue();
    const file = tempDir().write('cert.pem', cert);
    const result = await runProgram(openssl.path, { args: ['verify', '-x509_strict', '-CAfile', ca.caFile, file] });
    expect(result).toMatchObject({ code: 0, stdout: `${file}: OK\n` });
  });

  it('is the same one at every call, and can issue one that has expired', async () => {
    expect(await throwawayCa()).toBe(await throwawayCa());
    const { cert } = await issueCertificate({ validFor: -1000 });
    expect(Date.parse(new X509Certificate(cert).validTo)).toBeLessThan(Date.now());
  });
});
