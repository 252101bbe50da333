/** A certificate authority that lives as long as the test process. Its key never touches the disk. */
import { randomBytes, webcrypto } from 'node:crypto';
import type { X509Certificate } from '@peculiar/x509';
import { installMetadata } from './reflect.js';
import { tempDir } from './temp.js';

export interface CertificateRequest {
  /** DNS names for subjectAltName, the first also as common name. Default `localhost`. */
  readonly names?: readonly string[];
  /** Addresses for subjectAltName. Default 127.0.0.1 and ::1. */
  readonly ip?: readonly string[];
  /** Valid until this long from now, in milliseconds; negative: expired. Default ninety days. */
  readonly validFor?: number;
}

/** Both as PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface ThrowawayCa {
  readonly caPem: string;
  /** A file that holds `caPem`, for programs that want one. Removed when the process ends. */
  readonly caFile: string;
  issue(request?: CertificateRequest): Promise<IssuedCertificate>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR = 3_600_000;
// Longer than any warning about certificates that are about to expire.
const VALID = 90 * 24 * HOUR;

let shared: Promise<ThrowawayCa> | undefined;

/** The authority of this process: the same one at every call. EC P-256. */
export function throwawayCa(): Promise<ThrowawayCa> {
  shared ??= createCa();
  return shared;
}

/** One certificate of the process's authority. */
export const issueCertificate = async (request: CertificateRequest = {}): Promise<IssuedCertificate> =>
  (await throwawayCa()).issue(request);

async function createCa(): Promise<ThrowawayCa> {
  installMetadata();
  // Loaded only where a certificate is wanted, and only after the metadata functions are there.
  const x509 = await import('@peculiar/x509');
  // The library asks for the browser's type, which is not declared here.
  const crypto = webcrypto as never;
  const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  // RFC 5280 §4.1.2.2: positive and not zero.
  const serialNumber = () => `4${randomBytes(15).toString('hex')}0`.slice(0, 32);

  const caKeys = await newKeys();
  const caCert: X509Certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: 'CN=Postern throwaway CA',
      notBefore: new Date(Date.now() - HOUR),
      notAfter: new Date(Date.now() + VALID),
      signingAlgorithm: ALGORITHM,
      keys: caKeys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  const caPem = `${caCert.toString('pem')}\n`;

  const issue = async (request: CertificateRequest = {}): Promise<IssuedCertificate> => {
    const names = request.names ?? ['localhost'];
    const addresses = request.ip ?? ['127.0.0.1', '::1'];
    const notAfter = Date.now() + (request.validFor ?? VALID);
    const keys = await newKeys();
    const cert = await x509.X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(),
        subject: `CN=${names[0] ?? 'postern'}`,
        issuer: caCert.subject,
        notBefore: new Date(Math.min(Date.now(), notAfter) - HOUR),
        notAfter: new Date(notAfter),
        signingAlgorithm: ALGORITHM,
        publicKey: keys.publicKey,
        signingKey: caKeys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension([
            ...names.map((value) => ({ type: 'dns' as const, value })),
            ...addresses.map((value) => ({ type: 'ip' as const, value })),
          ]),
          await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey, false, crypto),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
        ],
      },
      crypto,
    );
    const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    return { cert: `${cert.toString('pem')}\n`, key: pem('PRIVATE KEY', der) };
  };

  return { caPem, caFile: tempDir('postern-ca-').write('ca.pem', caPem), issue };
}

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;
