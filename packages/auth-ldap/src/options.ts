/** What may be set, and the defaults. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { OptionError } from '@postern/core';
import { z } from 'zod';
import { hasPlaceholder, isFilter } from './template.js';

const milliseconds = z.number().int().min(1);
const host = z.string().regex(/^[A-Za-z0-9._:-]+$/, 'a host name or address');
const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9;-]*$/, 'the name of an attribute');

/** Attributes of the user's entry, and what they tell. None is asked for unless it is named. */
const attributes = z.strictObject({
  /** The canonical login. Worth naming: a directory takes `ALICE` and `alice` for the same. */
  login: attribute.optional(),
  /** Addresses that the user may send as. */
  addresses: z.array(attribute).default([]),
  uid: attribute.optional(),
  gid: attribute.optional(),
  home: attribute.optional(),
  /** Octets of a message at most. */
  messageSize: attribute.optional(),
  /** Recipients of a message at most. */
  recipients: attribute.optional(),
});

const search = z.strictObject({
  /** DN below which users are. */
  base: z.string().min(1),
  /** `(uid={login})`, `(&(objectClass=person)(mail={login}))`. */
  filter: z
    .string()
    .refine(hasPlaceholder, 'a filter with {login}, {user} or {domain}')
    .refine(isFilter, 'a filter in the form of RFC 4515'),
  scope: z.enum(['sub', 'one']).default('sub'),
  /** Who searches. Default: nobody, anonymously. */
  bindDn: z.string().min(1).optional(),
  bindPassword: z.string().min(1).optional(),
  /** A file whose first line is the password, instead of `bindPassword`. */
  bindPasswordFile: z.string().min(1).optional(),
});

export const ldapOptions = z
  .strictObject({
    /** The server. */
    host,
    /** Other servers, by the local address that the client came to; `host` is for every other address. */
    hosts: z
      .record(z.string(), host)
      .refine((hosts) => Object.keys(hosts).every((key) => isIP(key) !== 0), 'numeric addresses as keys')
      .default({}),
    /** Default 636 with implicit TLS, else 389. */
    port: z.number().int().min(1).max(65_535).optional(),
    /** TLS from the first octet (ldaps), StartTLS, or passwords in the clear, which is said in a warning. */
    tls: z.enum(['implicit', 'starttls', 'none']).default('implicit'),
    /** Authorities to trust instead of the system's: PEM, or the path of a file that holds it. */
    ca: z.string().min(1).optional(),
    /** The name that the certificate must carry. Default: the host. */
    servername: z.string().min(1).optional(),
    /** False takes any certificate, which is said in a warning. */
    rejectUnauthorized: z.boolean().default(true),
    /**
     * The user's DN: `uid={login},ou=people,dc=example,dc=com`. (Active Directory takes `{login}@example.com` as well.)
     * Either this or `search`.
     */
    userDn: z
      .string()
      .refine(hasPlaceholder, 'a DN with {login}, {user} or {domain}')
      .refine((dn) => /[=@\\]/.test(dn), 'a DN')
      .optional(),
    /** Look for the user first, then bind as what was found. */
    search: search.optional(),
    attributes: attributes.prefault({}),
    /** Connections kept for the next login, for each server. Default 5; 0 keeps none. */
    pool: z.number().int().min(0).default(5),
    /** Milliseconds for which one is kept. Default 30 s. */
    idleTime: milliseconds.default(30_000),
    /** Milliseconds for connection and TLS. Default 10 s. */
    connectTime: milliseconds.default(10_000),
    /** Milliseconds for everything. Default 30 s. */
    deadline: milliseconds.default(30_000),
    /** Logins that may be asked about at once. Default 20. */
    concurrency: z.number().int().min(1).default(20),
    /** Logins that may wait for that. Default 200. */
    waiting: z.number().int().min(0).default(200),
  })
  .refine((options) => (options.userDn === undefined) !== (options.search === undefined), {
    path: ['userDn'],
    message: 'either userDn or search',
  });

export type LdapOptions = z.input<typeof ldapOptions>;
export type LdapSettings = Readonly<z.output<typeof ldapOptions>>;

/** The text of a file named by an option. @throws OptionError if it cannot be read. */
export function readOptionFile(owner: string, key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    throw new OptionError(owner, key, `${JSON.stringify(path)} (${code})`, 'a file that can be read');
  }
}
