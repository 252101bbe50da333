/**
 * The configuration file as it may be written: every key, and nothing else. Defaults that belong to a package are left to
 * that package; docs/configuration.md is held to this file by a test.
 */
import { nameSettings } from '@postern/core';
import { z } from 'zod';
import { DURATION_ALLOWED, parseDuration, parseSize, SIZE_ALLOWED } from './quantities.js';

const duration = z
  .custom<string>((value) => parseDuration(value) !== undefined, DURATION_ALLOWED)
  .transform((value) => parseDuration(value) ?? 0);
const size = z
  .custom<string | number>((value) => parseSize(value) !== undefined, SIZE_ALLOWED)
  .transform((value) => parseSize(value) ?? 0);
const flag = z.boolean();
const count = z.number().int().min(1);
const path = z.string().min(1);
const account = z.custom<string | number>(
  (value) =>
    (typeof value === 'string' && /^[A-Za-z_][\w.-]*\$?$/.test(value)) ||
    (Number.isInteger(value) && Number(value) > 0),
  'a name, or a number from 1',
);
const host = z.custom<string>(
  (value) =>
    typeof value === 'string' && value.length <= 255 && /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(value),
  'a host name in ASCII, such as "mail.example.com"',
);

/** A section that names a package; the other keys are that package's own. */
const plugin = z.looseObject({ use: path });

/** Beyond this a chain of verifiers is a mistake. */
export const MOST_VERIFIERS = 16;

const listener = z.strictObject({
  name: path.optional(),
  address: path.default('::'),
  port: z.number().int().min(0).max(65_535),
  tls: z.enum(['starttls', 'implicit', 'none']),
  'require-tls': flag.optional(),
  'require-login': flag.optional(),
  'proxy-from': z.array(z.string()).optional(),
});

const keyPair = { cert: path, key: path };

export const fileSchema = z.strictObject({
  hostname: host.optional(),
  qmail: path.default('/var/qmail'),
  user: account.optional(),
  group: account.optional(),
  engine: z.enum(['wire', 'smtp-server']).default('wire'),
  workers: z.union([z.literal('auto'), z.number().int().min(1).max(64)], '"auto", or a number from 1 to 64').default(1),
  listen: z.array(listener).min(1),
  tls: z
    .strictObject({
      ...keyPair,
      certificate: z.array(z.strictObject(keyPair)).default([]),
      profile: z.enum(['modern', 'legacy']).default('modern'),
    })
    .optional(),
  auth: z
    .strictObject({
      mechanisms: z.array(path).min(1).optional(),
      'require-tls': flag.default(true),
      'authzid-as-login': flag.default(false),
      verifier: z.array(plugin).max(MOST_VERIFIERS).default([]),
    })
    .prefault({}),
  queue: plugin.optional(),
  message: z
    .strictObject({
      'hop-limit': count.optional(),
      'header-limit': size.optional(),
      'line-endings': z.enum(['reject', 'normalise']).optional(),
      'hide-client': flag.optional(),
      compat: z.enum(['postern', 'ofmipd']).optional(),
      'add-sender': flag.optional(),
      duplicates: z.enum(['refuse', 'first', 'keep']).optional(),
      'default-host': host.optional(),
      'default-domain': host.optional(),
      'plus-domain': host.optional(),
      'id-host': host.optional(),
      'name-file': path.optional(),
      'user-names': flag.default(false),
      names: nameSettings.optional(),
      rewrite: z.array(z.string().regex(/^[=*?-][^:]*:/, 'a rule such as "=here:mail.example.com"')).optional(),
    })
    .prefault({}),
  limits: z
    .strictObject({
      'message-size': size.optional(),
      recipients: count.optional(),
      messages: z.number().int().min(0).optional(),
      errors: z.number().int().min(0).optional(),
      'failed-logins': count.optional(),
      'failed-logins-per-address': count.optional(),
      'failed-logins-per-login': count.optional(),
      'failed-login-window': duration.optional(),
      'failure-delay': duration.optional(),
      'verify-time': duration.optional(),
      'remember-logins': duration.optional(),
      verifications: count.optional(),
      'verifications-waiting': z.number().int().min(0).optional(),
      submissions: count.optional(),
      'submissions-waiting': z.number().int().min(0).optional(),
      connections: count.optional(),
      'connections-per-address': count.optional(),
      'unauthenticated-connections': count.optional(),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      handshake: duration.optional(),
      greeting: duration.optional(),
      command: duration.optional(),
      unauthenticated: duration.optional(),
      data: duration.optional(),
      proxy: duration.optional(),
      shutdown: duration.default(30_000),
    })
    .prefault({}),
  senders: z
    .strictObject({
      policy: z.enum(['any', 'known', 'own']).default('known'),
      verp: flag.default(false),
    })
    .prefault({}),
  log: z
    .strictObject({
      format: z.enum(['json', 'pretty']).default('json'),
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    })
    .prefault({}),
});

export type FileSettings = z.output<typeof fileSchema>;
