/** A POP3 reply (RFC 1939 §3, RFC 2449 §8), and what it says about a password. Its text goes nowhere. */
import type { Verdict } from '@postern/core';

export interface Pop3Reply {
  readonly ok: boolean;
  /** The response code in brackets, upper case, without what follows a space in it; empty if there is none. */
  readonly code: string;
  /** What stands behind the status indicator, code included. */
  readonly text: string;
}

/** `undefined` for a line that is no reply. (RFC 1939 §3: the indicators are in upper case.) */
export function readReply(line: string): Pop3Reply | undefined {
  const match = /^(\+OK|-ERR)(?: (.*))?$/.exec(line);
  if (match === null) return undefined;
  const text = match[2] ?? '';
  const code = /^\[([A-Za-z0-9/_-]+)[^\]]*\]/.exec(text)?.[1] ?? '';
  return { ok: match[1] === '+OK', code: code.toUpperCase(), text };
}

/** What a server said that it can do (CAPA); `undefined` if it does not know the command. */
export type Capabilities = ReadonlySet<string> | undefined;

interface LoginFacts {
  readonly login: string;
  readonly capabilities: Capabilities;
  readonly inUse: 'accepted' | 'unavailable';
}

/** The verdict of the reply to PASS or APOP. */
export function verdictOfLogin(reply: Pop3Reply, facts: LoginFacts): Verdict {
  const accepted: Verdict = { outcome: 'accepted', identity: { login: facts.login } };
  if (reply.ok) return accepted;
  if (reply.code === 'IN-USE' && facts.inUse === 'accepted') return accepted;
  return verdictOfRefusal(reply, facts.capabilities);
}

/**
 * SYS/TEMP, SYS/PERM (RFC 3206 §4) and LOGIN-DELAY (RFC 2449 §8.1.1: it may come before the password is looked at) are no
 * refusals. A server with AUTH-RESP-CODE says AUTH for everything that has to do with the password, so with one that has
 * it an error without a code is trouble of its own.
 */
export function verdictOfRefusal(reply: Pop3Reply, capabilities: Capabilities): Verdict {
  if (reply.code === 'AUTH') return { outcome: 'rejected' };
  if (reply.code === '' && capabilities?.has('AUTH-RESP-CODE') !== true) return { outcome: 'rejected' };
  return unavailable(reply.code === '' ? 'the server answered -ERR' : `the server answered -ERR [${reply.code}]`);
}

export const unavailable = (cause: string): Verdict => ({ outcome: 'unavailable', cause });
