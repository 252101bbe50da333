/**
 * The host rewriting of ofmipd and new-inject (rewriting(5)), as a pure function on mailboxes. Must not know where the
 * rules come from: that is rewrite-rules.ts.
 */
import type { Mailbox } from '../base/mailbox.js';

/** Completes a mailbox. The same object comes back if nothing changes. */
export interface Rewrite {
  (mailbox: Mailbox): Mailbox;
  /** The rules that change this mailbox, as they were written, in order. */
  readonly trace?: (mailbox: Mailbox) => readonly string[];
}

interface Rule {
  readonly line: string;
  readonly kind: '=' | '*' | '?' | '-';
  /** Lower case. */
  readonly post: string;
  readonly replacement: string;
}

/**
 * Compiles rules. They are tried in order, each at most once, on the host part, in any case:
 *
 * - `=post:new`: the host is `post`: it becomes `new`.
 * - `*post:new`: the host is `pre` + `post`: it becomes `pre` + `new`.
 * - `?post:new`: the same, if `pre` holds no dot and no bracket.
 * - `-post:new`: the host is `pre` + `post`: it becomes `new`.
 *
 * Other lines are ignored. The empty address stays empty.
 */
export function compileRewrite(rules: readonly string[]): Rewrite {
  const compiled = rules.map(parseRule).filter((rule) => rule !== undefined);
  const rewrite = (mailbox: Mailbox): Mailbox => {
    if (mailbox.localPart === '' && mailbox.domain === '') return mailbox;
    let { domain } = mailbox;
    for (const rule of compiled) domain = applyRule(domain, rule);
    return domain === mailbox.domain ? mailbox : { localPart: mailbox.localPart, domain };
  };
  const trace = (mailbox: Mailbox): readonly string[] => {
    let host = mailbox.domain;
    return compiled.filter((rule) => host !== (host = applyRule(host, rule))).map((rule) => rule.line);
  };
  return Object.assign(rewrite, { trace });
}

function parseRule(line: string): Rule | undefined {
  const kind = line[0];
  if (kind !== '=' && kind !== '*' && kind !== '?' && kind !== '-') return undefined;
  const colon = line.indexOf(':', 1);
  if (colon < 0) return undefined;
  return { line, kind, post: lowerAscii(line.slice(1, colon)), replacement: line.slice(colon + 1) };
}

function applyRule(host: string, rule: Rule): string {
  const { kind, post, replacement } = rule;
  const prefixLength = host.length - post.length;
  if (prefixLength < 0 || (kind === '=' && prefixLength > 0)) return host;
  if (!endsWithIgnoringCase(host, prefixLength, post)) return host;
  const prefix = host.slice(0, prefixLength);
  if (kind === '?' && (prefix.includes('.') || prefix.includes('[') || prefix.includes(']'))) return host;
  return kind === '-' ? replacement : prefix + replacement;
}

/** @param post in lower case */
function endsWithIgnoringCase(host: string, from: number, post: string): boolean {
  for (let i = 0; i < post.length; i++) {
    const code = host.charCodeAt(from + i);
    const lower = code >= 0x41 && code <= 0x5a ? code + 32 : code;
    if (lower !== post.charCodeAt(i)) return false;
  }
  return true;
}

// mess822 knows case in ASCII only; so does DNS.
const lowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
