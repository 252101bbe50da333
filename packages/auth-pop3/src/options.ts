/** What may be set, and the defaults. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { OptionError } from '@postern/core';
import { z } from 'zod';

const milliseconds = z.number().int().min(1);
const host = z.string().regex(/^[A-Za-z0-9._:-]+$/, 'a host name or address');

export const pop3Options = z.strictObject({
  /** The server. */
  host,
  /**
   * Other servers, by the local address that the client came to; `host` is for every other address. (The ipauthmap of
   * tmda-ofmipd.)
   */
  hosts: z
    .record(z.string(), host)
    .refine((hosts) => Object.keys(hosts).every((key) => isIP(key) !== 0), 'numeric addresses as keys')
    .default({}),
  /** Default 995 with implicit TLS, else 110. */
  port: z.number().int().min(1).max(65_535).optional(),
  /** TLS from the first octet, STLS (RFC 2595), or passwords in the clear, which is said in a warning. */
  tls: z.enum(['implicit', 'starttls', 'none']).default('implicit'),
  /** Authorities to trust instead of the system's: PEM, or the path of a file that holds it. */
  ca: z.string().min(1).optional(),
  /** The name that the certificate must carry. Default: the host. */
  servername: z.string().min(1).optional(),
  /** False takes any certificate, which is said in a warning. */
  rejectUnauthorized: z.boolean().default(true),
  /**
   * USER and PASS; APOP, where only a digest of the password is sent; or APOP if the greeting allows it. (Many servers offer
   * APOP and know the secret of a few users only: for all others the right password is then refused.)
   */
  method: z.enum(['user', 'apop', 'auto']).default('user'),
  /** What it means that the mailbox is in use by somebody else, which is said after the password was found right (RFC 2449 §8.1.2). */
  inUse: z.enum(['accepted', 'unavailable']).default('accepted'),
  /** Milliseconds for connection and TLS. Default 10 s. */
  connectTime: milliseconds.default(10_000),
  /** Milliseconds for everything. Default 30 s. */
  deadline: milliseconds.default(30_000),
  /** Logins that may be asked about at once: each is a connection. Default 20. */
  concurrency: z.number().int().min(1).default(20),
  /** Logins that may wait for that. Default 200. */
  waiting: z.number().int().min(0).default(200),
});

export type Pop3Options = z.input<typeof pop3Options>;
export type Pop3Settings = Readonly<z.output<typeof pop3Options>>;

/** `ca` as PEM. @throws OptionError if it is a file that cannot be read. */
export function readCa(owner: string, ca: string | undefined): string | undefined {
  if (ca === undefined || ca.includes('-----BEGIN')) return ca;
  try {
    return readFileSync(ca, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    throw new OptionError(owner, 'ca', `${JSON.stringify(ca)} (${code})`, 'PEM, or a file that can be read');
  }
}
