/** A certificate for trying things out: made on the spot, signed by nobody, good for localhost and for a month. */
import { randomBytes, webcrypto } from 'node:crypto';
import { installMetadata } from './reflect.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR = 3_600_000;

/** Both as PEM. */
export async function throwawayCertificate(now = Date.now()): Promise<{ readonly cert: string; readonly key: string }> {
  installMetadata();
  // Loaded only where it is wanted, and only after the metadata functions are there.
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // RFC 5280 §4.1.2.2: positive and not zero.
    serialNumber: `4${randomBytes(15).toString('hex')}0`.slice(0, 32),
    name: 'CN=localhost',
    notBefore: new Date(now - HOUR),
    notAfter: new Date(now + 30 * 24 * HOUR),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      // It is its own authority, so that a client can be told to trust exactly this one.
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { cert: `${certificate.toString('pem')}\n`, key: pem('PRIVATE KEY', der) };
}

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;
