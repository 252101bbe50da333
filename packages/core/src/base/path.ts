/**
 * Reads what stands behind `MAIL FROM:` and `RCPT TO:`, as leniently as ofmipd does and no further: whatever mail
 * clients have been seen to send is understood, control characters never.
 */
import { domainToASCII } from 'node:url';
import type { Mailbox } from './mailbox.js';

/** A path and the ESMTP parameters behind it. */
export interface PathAndParameters {
  /** `null` for `<>`. */
  readonly mailbox: Mailbox | null;
  /** Keyword in upper case, and the value or `undefined`. In the client's order. */
  readonly parameters: ReadonlyMap<string, string | undefined>;
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;
const ASCII = /^[\x20-\x7e]*$/;
// An address literal, or labels. Underscores and odd hyphens are seen in real names, and a "+" at the end asks the rewriting
// rules for plusdomain; brackets, quotes and spaces are not seen.
const DOMAIN = /^[A-Za-z0-9_.+-]+$/;
const LITERAL = /^\[[\x21-\x5a\x5e-\x7e]*\]$/;

/**
 * @param text what follows the colon, decoded as UTF-8
 * @returns `undefined` if it cannot be understood
 */
export function parsePath(text: string): PathAndParameters | undefined {
  if (CONTROL.test(text)) return undefined;
  // "MAIL FROM: <a@b>": the space is wrong and common (RFC 5321 §4.1.1.2 forbids it).
  const start = text.length - text.trimStart().length;
  const inner = text[start] === '<' ? bracketed(text, start + 1) : bare(text, start);
  if (inner === undefined) return undefined;
  const mailbox = parseMailbox(inner.text);
  if (mailbox === undefined) return undefined;
  return { mailbox, parameters: parseParameters(text.slice(inner.end)) };
}

/** From behind `<` to the `>` that closes it, quotes and backslashes respected. */
function bracketed(text: string, from: number): { text: string; end: number } | undefined {
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === '>' && !quoted) {
      // Nothing but parameters may follow, and they start with a space.
      const next = text[i + 1];
      return next === undefined || next === ' ' ? { text: text.slice(from, i), end: i + 1 } : undefined;
    }
  }
  return undefined;
}

/** Without brackets: up to a space outside quotes. */
function bare(text: string, from: number): { text: string; end: number } | undefined {
  let quoted = false;
  let end = text.length;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === ' ' && !quoted) {
      end = i;
      break;
    }
  }
  const found = text.slice(from, end);
  // Without brackets an empty path is a missing one, not the null sender.
  return quoted || found === '' || found.includes('<') || found.includes('>') ? undefined : { text: found, end };
}

/** `null` for the empty path, `undefined` for what is no address. */
function parseMailbox(path: string): Mailbox | null | undefined {
  if (path === '') return null;
  const withoutRoute = dropRoute(path.trim());
  if (withoutRoute === undefined || withoutRoute === '') return undefined;
  // The host stands behind the last "@" outside quotes; backslashes and quotes are not part of the address.
  const at = lastAt(withoutRoute);
  const localPart = unquote(at < 0 ? withoutRoute : withoutRoute.slice(0, at));
  if (localPart === undefined || localPart === '') return undefined;
  if (at < 0) return { localPart, domain: '' };
  const domain = asciiDomain(withoutRoute.slice(at + 1));
  return domain === undefined ? undefined : { localPart, domain };
}

function lastAt(text: string): number {
  let quoted = false;
  let at = -1;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === '@' && !quoted) at = i;
  }
  return at;
}

/** `undefined` if a quote is left open. */
function unquote(text: string): string | undefined {
  let quoted = false;
  let plain = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === '\\' && i + 1 < text.length) plain += text[++i] ?? '';
    else if (c === '"') quoted = !quoted;
    else plain += c;
  }
  return quoted ? undefined : plain;
}

/** RFC 5321 appendix C: a source route `@a,@b:` is dropped. */
function dropRoute(path: string): string | undefined {
  if (!path.startsWith('@')) return path;
  const colon = path.indexOf(':');
  return colon < 0 ? undefined : path.slice(colon + 1);
}

/** A-label form (RFC 5890 §2.3.2.1): a queue of bytes knows no other. A dot at the end is dropped. */
function asciiDomain(domain: string): string | undefined {
  if (domain.startsWith('[')) return LITERAL.test(domain) ? domain : undefined;
  const host = domain.endsWith('.') ? domain.slice(0, -1) : domain;
  if (host === '') return domain === '' ? '' : undefined;
  if (ASCII.test(host)) return DOMAIN.test(host) ? host : undefined;
  const ascii = domainToASCII(host);
  return ascii === '' ? undefined : ascii;
}

function parseParameters(text: string): Map<string, string | undefined> {
  const parameters = new Map<string, string | undefined>();
  for (const word of text.split(' ')) {
    if (word === '') continue;
    const equals = word.indexOf('=');
    const keyword = (equals < 0 ? word : word.slice(0, equals)).toUpperCase();
    if (!parameters.has(keyword)) parameters.set(keyword, equals < 0 ? undefined : word.slice(equals + 1));
  }
  return parameters;
}
