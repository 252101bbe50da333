/** Certificates by name, and one that can be exchanged while the server runs. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { Certificates } from './ports/certificates.js';

/** One certificate chain with its key, PEM. */
export interface KeyPair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly passphrase?: string;
}

export interface CertificateOptions {
  /** The first is the fallback. A name in several: the first wins. */
  readonly pairs: readonly KeyPair[];
  /** `modern` is TLS 1.2 and later; `legacy` takes TLS 1.0 from old devices. Default `modern`. */
  readonly profile?: 'modern' | 'legacy';
  /** 48 octets; servers that share them resume each other's sessions (RFC 5077). */
  readonly ticketKeys?: Buffer;
}

// Without a session id context OpenSSL refuses to resume, and Thunderbird resumes.
const SESSION_ID_CONTEXT = 'postern';

/** @throws Error if a certificate or key cannot be read, or if they do not belong together. */
export function certificates(options: CertificateOptions): Certificates {
  const contexts = options.pairs.map((pair) => contextOf(pair, options));
  const [first] = contexts;
  if (first === undefined) throw new Error('no certificate');
  const byName = new Map<string, SecureContext>();
  options.pairs.forEach((pair, i) => {
    for (const name of namesOf(pair)) if (!byName.has(name)) byName.set(name, contexts[i] ?? first);
  });
  return {
    fallback: () => first,
    forName(servername) {
      const name = servername.toLowerCase();
      const wildcard = name.replace(/^[^.]+/, '*');
      return byName.get(name) ?? byName.get(wildcard) ?? first;
    },
  };
}

/** The same for a server whose certificates change: `replace` holds from the next handshake on. */
export function replaceableCertificates(first: Certificates): Certificates & { replace(next: Certificates): void } {
  let current = first;
  return {
    fallback: () => current.fallback(),
    forName: (servername) => current.forName(servername),
    replace(next) {
      current = next;
    },
  };
}

function contextOf(pair: KeyPair, options: CertificateOptions): SecureContext {
  const legacy = options.profile === 'legacy';
  const settings: SecureContextOptions = {
    cert: pair.cert,
    key: pair.key,
    ...(pair.passphrase === undefined ? {} : { passphrase: pair.passphrase }),
    // RFC 8996: TLS 1.0 and 1.1 are not to be used; some scanners and old phones have nothing else.
    minVersion: legacy ? 'TLSv1' : 'TLSv1.2',
    ...(legacy ? { ciphers: 'DEFAULT:@SECLEVEL=0' } : {}),
    honorCipherOrder: true,
    sessionIdContext: SESSION_ID_CONTEXT,
    ...(options.ticketKeys === undefined ? {} : { ticketKeys: options.ticketKeys }),
  };
  return createSecureContext(settings);
}

/** DNS names of the leaf certificate, in lower case (RFC 6125 §6.4: the common name only where there is no other). */
function namesOf(pair: KeyPair): string[] {
  const leaf = new X509Certificate(pair.cert);
  const names = [...(leaf.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)].map((match) => match[1] ?? '');
  const common = /CN=([^\n,]+)/.exec(leaf.subject)?.[1];
  const found = names.length > 0 || common === undefined ? names : [common];
  return found.map((name) => name.toLowerCase());
}
