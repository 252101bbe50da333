/** What the program is told: in its environment who logs in and from where, on a descriptor what is secret. */
import type { Credentials, VerifyContext } from '@postern/core';
import type { CommandSettings } from './options.js';

// What is longer is no login (RFC 5321 §4.5.3.1: 320 octets for an address).
const LONGEST_LOGIN = 1_024;

// Fits into any pipe at once, with what ends it (pipe(7)).
const LONGEST_PASSWORD = 4_000;

const ENDS = { nothing: '', newline: '\n', nul: '\0' } as const;

/**
 * The octets for the descriptor. `undefined` if the program could only be shown something else than what the client sent:
 * a name that no environment can hold, or a password that would end early.
 */
export function secretOctets(credentials: Credentials, end: CommandSettings['passwordEnd']): Buffer | undefined {
  const { login } = credentials;
  if (login === '' || CONTROL.test(login) || Buffer.byteLength(login) > LONGEST_LOGIN) return undefined;
  const secret = credentials.kind === 'password' ? credentials.password.bytes() : Buffer.from(credentials.response);
  if (secret.length === 0 || secret.length > LONGEST_PASSWORD || CONTROL.test(secret.toString('latin1')))
    return undefined;
  return Buffer.concat([secret, Buffer.from(ENDS[end])]);
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;

/** TCP* as in tcp-environ(5), the rest under our own name. Nothing here is secret: every user of the machine can see it. */
export function environment(
  settings: CommandSettings,
  credentials: Credentials,
  context: VerifyContext,
): Record<string, string> {
  const { peer, local, tls } = context;
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...settings.env,
    PROTO: 'TCP',
    ...(peer.address === '' ? {} : { TCPREMOTEIP: peer.address, TCPREMOTEPORT: String(peer.port) }),
    ...(local.address === '' ? {} : { TCPLOCALIP: local.address, TCPLOCALPORT: String(local.port) }),
    POSTERN_LOGIN: credentials.login,
    POSTERN_MECHANISM: credentials.mechanism,
    POSTERN_SESSION: context.sessionId,
    POSTERN_LISTENER: context.listener,
    ...(tls === undefined ? {} : { POSTERN_TLS: tls.protocol }),
    ...(credentials.kind === 'cram-md5' ? { POSTERN_CHALLENGE: credentials.challenge } : {}),
  };
}
