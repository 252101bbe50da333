/** What an embedding program says to `createSubmissionServer`, checked once. */
import { z } from 'zod';

const milliseconds = z.number().int().min(1);

/** Timers in milliseconds (RFC 5321 §4.5.3.2 gives the longest that clients may need). */
export const timeoutSettings = z.strictObject({
  /** TLS handshake. Default 30 s. */
  handshake: milliseconds.default(30_000),
  /** From accept to EHLO. Default 60 s. */
  greeting: milliseconds.default(60_000),
  /** Between commands. Default 5 min. */
  command: milliseconds.default(300_000),
  /** From accept to a successful login. Default 5 min. */
  unauthenticated: milliseconds.default(300_000),
  /** Without any octet during DATA. Default 3 min. */
  data: milliseconds.default(180_000),
  /** PROXY header. Default 5 s. */
  proxy: milliseconds.default(5_000),
});

/** How much of what is allowed. */
export const limitSettings = z.strictObject({
  /** Octets; 0 is no limit. Default 0. */
  messageSize: z.number().int().min(0).default(0),
  /** RFC 5321 §4.5.3.1.8: at least 100. Default 1000. */
  recipients: z.number().int().min(1).default(1000),
  /** Messages in one connection; 0 is no limit. Default 0. */
  messages: z.number().int().min(0).default(0),
  /** Refused commands in one connection. Default 20. */
  errors: z.number().int().min(0).default(20),
  /** Failed logins in one connection. Default 3. */
  failedLogins: z.number().int().min(1).default(3),
  /** Failed logins from one address (IPv6: one /64) within the window. Default 20. */
  failedLoginsPerAddress: z.number().int().min(1).default(20),
  /** Failed logins for one name within the window. Default 20. */
  failedLoginsPerLogin: z.number().int().min(1).default(20),
  /** Milliseconds for which failed logins count. Default 10 min. */
  failedLoginWindow: milliseconds.default(600_000),
  /** Milliseconds that a refusal takes at least. Default 1 s. */
  failureDelay: z.number().int().min(0).default(1_000),
  /** Milliseconds that the verifiers may take for one login. Default 60 s. */
  verifyTime: milliseconds.default(60_000),
  /** Milliseconds for which an accepted password is remembered and no verifier asked; 0 is never. Default 0. */
  rememberLogins: z.number().int().min(0).default(0),
  /** Questions to one verifier at a time. Default 50. */
  verifications: z.number().int().min(1).default(50),
  /** Questions that may wait for their turn; beyond it the answer is 454. Default 200. */
  verificationsWaiting: z.number().int().min(0).default(200),
  /** Messages into the queue at a time. Default 100. */
  submissions: z.number().int().min(1).default(100),
  /** Messages that may wait for their turn, unread; beyond it the answer is 451. Default 200. */
  submissionsWaiting: z.number().int().min(0).default(200),
  /** Open connections in all. Default 2000. */
  connections: z.number().int().min(1).default(2_000),
  /** Open connections from one address (IPv6: one /64). Default 50. */
  connectionsPerAddress: z.number().int().min(1).default(50),
  /** Open connections that have not logged in. Default 500. */
  unauthenticatedConnections: z.number().int().min(1).default(500),
});

export type TimeoutSettings = z.input<typeof timeoutSettings>;
export type LimitSettings = z.input<typeof limitSettings>;
export type Limits = Readonly<z.output<typeof limitSettings>>;

/** One listener. */
export const listenSettings = z.strictObject({
  /** For logs. Default `address:port`. */
  name: z.string().min(1).optional(),
  /** Default all addresses. */
  address: z.string().default('::'),
  /** 0 takes any that is free. */
  port: z.number().int().min(0).max(65_535),
  /** STARTTLS, TLS from the first octet on, or none (behind a TLS proxy). */
  tls: z.enum(['starttls', 'implicit', 'none']),
  /** AUTH and mail under TLS only. Default true; false is for a listener behind stunnel, and said loudly. */
  requireTls: z.boolean().default(true),
  /** Mail after AUTH only. Default true. */
  requireLogin: z.boolean().default(true),
  /** Networks that must send a PROXY header; everybody else must not. Default none. */
  proxyFrom: z.array(z.string()).default([]),
});

export type ListenSettings = z.input<typeof listenSettings>;
export type ListenOptions = Readonly<z.output<typeof listenSettings>>;
