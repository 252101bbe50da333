/** What may be set, and the defaults. */
import { z } from 'zod';

const milliseconds = z.number().int().min(1);

export const dovecotOptions = z.strictObject({
  /** Path of the socket, mode `client`, as `service auth` of Dovecot makes it. */
  socket: z.string().min(1).default('/run/dovecot/auth-client'),
  /** Name of the service, for Dovecot's own rules and log. */
  service: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/)
    .default('smtp'),
  /**
   * Mechanisms to use, of those that Dovecot lists. Without PLAIN and LOGIN no password is asked about. Default: all but
   * those that make no sense here, which are EXTERNAL, ANONYMOUS and the GSSAPI family.
   */
  mechanisms: z.array(z.string().regex(/^[A-Za-z0-9_-]{1,20}$/)).optional(),
  /** Passdb extra fields that tell about the user. */
  fields: z
    .strictObject({
      /** Addresses that the user may send as, separated by commas or spaces. Default: none is looked at. */
      addresses: z.string().min(1).optional(),
      home: z.string().min(1).default('home'),
      uid: z.string().min(1).default('uid'),
      gid: z.string().min(1).default('gid'),
    })
    .prefault({}),
  /** Connections to Dovecot. Each carries any number of requests, so one will do nearly always. */
  connections: z.number().int().min(1).max(16).default(1),
  /** Milliseconds for connecting and handshake. Default 5 s. */
  connectTime: milliseconds.default(5_000),
  /** Milliseconds for one answer. Dovecot delays refusals by 2 s, and by up to 15 s more as a penalty. Default 30 s. */
  deadline: milliseconds.default(30_000),
  /** Milliseconds before the second attempt to connect; doubled for every further one. Default 100 ms. */
  retryFirst: milliseconds.default(100),
  /** Milliseconds between two attempts at most. Default 10 s. */
  retryMost: milliseconds.default(10_000),
  /** Octets of one request; more is refused here. Dovecot ends the connection, with everybody on it, beyond its limit. */
  requestLimit: z.number().int().min(512).default(8_192),
  /** Questions that may be open at once. Default 100. */
  concurrency: z.number().int().min(1).default(100),
  /** Questions that may wait for that. Default 1000. */
  waiting: z.number().int().min(0).default(1_000),
});

export type DovecotOptions = z.input<typeof dovecotOptions>;
export type DovecotSettings = Readonly<z.output<typeof dovecotOptions>>;
