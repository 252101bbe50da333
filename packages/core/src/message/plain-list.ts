/**
 * Reads the address lists that nearly all mail has: names and addresses of plain characters, in order, nothing to mend.
 * Anything else is for address-list.ts; where both can read a list, they find the same.
 */
import type { AddressList } from './address-list.js';
import type { AddressSpan } from './address-span.js';
import { isClearHost } from './address-span.js';

const OTHER = 0;
const ATOM = 1;
const DOT = 2;
const BLANK = 3;

// RFC 5322 §3.2.3.
const ATEXT = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~";

const OCTETS = new Uint8Array(256);
for (const character of ATEXT) OCTETS[character.charCodeAt(0)] = ATOM;
for (const character of ' \t\n') OCTETS[character.charCodeAt(0)] = BLANK;
OCTETS['.'.charCodeAt(0)] = DOT;
// 8-bit octets are left as they are wherever they stand.
OCTETS.fill(ATOM, 0x80);

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x3c;
const CLOSE = 0x3e;
const AT = 0x40;
const BACKSLASH = 0x5c;

const octetAt = (text: string, at: number): number => OCTETS[text.charCodeAt(at)] ?? OTHER;

/** undefined: this list is not plain. Linear: no octet is looked at more than twice. */
export function readPlainList(text: string): AddressList | undefined {
  const addresses: AddressSpan[] = [];
  let at = skipBlanks(text, 0);
  if (at === text.length) return { addresses, doubtful: [], mends: [], empty: true };
  for (;;) {
    const start = startOfAddress(text, at);
    if (start < 0) return undefined;
    const bracketed = start > at;
    const span = readAddress(text, start);
    if (span === undefined) return undefined;
    at = span.hostEnd;
    if (bracketed && text.charCodeAt(at++) !== CLOSE) return undefined;
    addresses.push(span);
    at = skipBlanks(text, at);
    if (at === text.length) return { addresses, doubtful: [], mends: [], empty: false };
    if (text.charCodeAt(at) !== COMMA) return undefined;
    at = skipBlanks(text, at + 1);
  }
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (octetAt(text, at) === BLANK) at++;
  return at;
}

/** Where the address of the item at `from` begins: behind `<`, or `from` itself; -1 if the name before it is not plain. */
function startOfAddress(text: string, from: number): number {
  let at = from;
  // RFC 5322 §4.1: a name may hold dots, but not begin with one.
  const leadingDot = octetAt(text, at) === DOT;
  for (;;) {
    if (octetAt(text, at) !== OTHER) at++;
    else if (text.charCodeAt(at) === QUOTE) at = endOfQuoted(text, at);
    else break;
    if (at < 0) return -1;
  }
  if (text.charCodeAt(at) !== OPEN) return from;
  return leadingDot ? -1 : at + 1;
}

/** Behind the closing quote; -1 if there is none, or a backslash before it. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) return -1;
  }
  return -1;
}

/** `local@host` or `local` without blanks, comments and quotes. */
function readAddress(text: string, start: number): AddressSpan | undefined {
  const localEnd = endOfWord(text, start);
  if (localEnd < 0) return undefined;
  const hasAt = text.charCodeAt(localEnd) === AT;
  const hostEnd = hasAt ? endOfWord(text, localEnd + 1) : localEnd;
  if (hostEnd < 0) return undefined;
  const localPart = text.slice(start, localEnd);
  // RFC 2047 §5: an encoded word alone is no address.
  if (!hasAt && localPart.startsWith('=?')) return undefined;
  const hostStart = hasAt ? localEnd + 1 : localEnd;
  const mailbox = { localPart, domain: text.slice(hostStart, hostEnd) };
  if (!isClearHost(mailbox.domain)) return undefined;
  return { mailbox, start, hostStart, hostEnd, hasAt, understood: true };
}

/** Behind atoms and dots; -1 if there is no atom among them. */
function endOfWord(text: string, from: number): number {
  let at = from;
  let atom = false;
  for (;;) {
    const octet = octetAt(text, at);
    if (octet !== ATOM && octet !== DOT) return atom ? at : -1;
    if (octet === ATOM) atom = true;
    at++;
  }
}
