/** What may be set, and the defaults. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { OptionError } from '@postern/core';
import { z } from 'zod';

const milliseconds = z.number().int().min(1);
const host = z.string().regex(/^[A-Za-z0-9._:-]+$/, 'a host name or address');

export const imapOptions = z.strictObject({
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
  /** Default 993 with implicit TLS, else 143. */
  port: z.number().int().min(1).max(65_535).optional(),
  /** TLS from the first octet, STARTTLS, or passwords in the clear, which is said in a warning. */
  tls: z.enum(['implicit', 'starttls', 'none']).default('implicit'),
  /** Authorities to trust instead of the system's: PEM, or the path of a file that holds it. */
  ca: z.string().min(1).optional(),
  /** The name that the certificate must carry. Default: the host. */
  servername: z.string().min(1).optional(),
  /** False takes any certificate, which is said in a warning. */
  rejectUnauthorized: z.boolean().default(true),
  /** How the password is shown. `auto`: AUTHENTICATE PLAIN if the server lists it, else LOGIN. */
  method: z.enum(['auto', 'plain', 'login']).default('auto'),
  /** Milliseconds for connection and TLS. Default 10 s. */
  connectTime: milliseconds.default(10_000),
  /** Milliseconds for everything. Default 30 s. */
  deadline: milliseconds.default(30_000),
  /** Logins that may be asked about at once: each is a connection. Default 20. */
  concurrency: z.number().int().min(1).default(20),
  /** Logins that may wait for that. Default 200. */
  waiting: z.number().int().min(0).default(200),
});

export type ImapOptions = z.input<typeof imapOptions>;
export type ImapSettings = Readonly<z.output<typeof imapOptions>>;

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
