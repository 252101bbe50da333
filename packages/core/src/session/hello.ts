/** What EHLO offers: nothing that cannot be honoured. */
import type { SessionRules } from './rules.js';

export interface HelloFacts {
  readonly secure: boolean;
  readonly authenticated: boolean;
  /** The size limit that holds for this user. */
  readonly messageSize: number;
  readonly recipients: number;
}

/** The lines behind the host name, in a fixed order (RFC 5321 §4.1.1.1). */
export function extensions(rules: SessionRules, facts: HelloFacts): string[] {
  const lines = ['PIPELINING', 'ENHANCEDSTATUSCODES'];
  // RFC 1870 §3: "SIZE 0" means no fixed limit.
  lines.push(`SIZE ${facts.messageSize}`);
  if (rules.carries.has('8bit')) lines.push('8BITMIME');
  if (rules.carries.has('smtputf8')) lines.push('SMTPUTF8');
  if (rules.chunking) lines.push('CHUNKING');
  const limits = [`RCPTMAX=${facts.recipients}`, ...(rules.messages > 0 ? [`MAILMAX=${rules.messages}`] : [])];
  // RFC 9422 §3
  lines.push(`LIMITS ${limits.join(' ')}`);
  // RFC 3207 §4.2: not once TLS is active.
  if (rules.startTls && !facts.secure) lines.push('STARTTLS');
  if (mayAuthenticate(rules, facts.secure) && !facts.authenticated) {
    const mechanisms = rules.mechanisms();
    // RFC 4954 §3: never an empty list.
    if (mechanisms.length > 0) lines.push(`AUTH ${mechanisms.join(' ')}`);
  }
  return lines;
}

/** A password in the clear is neither asked for nor taken. */
export const mayAuthenticate = (rules: SessionRules, secure: boolean): boolean => secure || !rules.requireTls;
