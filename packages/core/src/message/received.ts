/** The Received field that goes on top (RFC 5321 §4.4). LF line ends, folded with a tab. */
import type { MessageFacts } from './facts.js';
import { formatParts, partsOf } from './compat-ofmipd.js';
import { formatDate } from './date.js';

/** How the client's name and address are shown. */
export interface ReceivedOptions {
  readonly hideClient: boolean;
}

/**
 * The field with its line end.
 *
 * With `hideClient` there is no `from` clause at all: a HELO name gives away as much as an address.
 */
export function receivedField(facts: MessageFacts, options: ReceivedOptions): string {
  const from = options.hideClient ? '' : `from ${heloName(facts.helo)}${peerInfo(facts.peer.address)}\n\t`;
  const tls =
    facts.tls === undefined ? '' : `\n\t(${commentText(facts.tls.protocol)} ${commentText(facts.tls.cipher)})`;
  return (
    `Received: ${from}by ${heloName(facts.hostname)} with ${protocolName(facts)} id ${word(facts.id)}${tls};` +
    `\n\t${formatDate(facts.time)}\n`
  );
}

/** `Received: (ofmipd 192.0.2.1); 21 Nov 2026 10:00:00 -0000`, as ofmipd writes it. */
export function ofmipdReceived(facts: MessageFacts, options: ReceivedOptions): string {
  const client = options.hideClient || facts.peer.address === '' ? 'unknown' : facts.peer.address;
  return `Received: (ofmipd ${word(client)}); ${formatParts(partsOf(facts.time))}\n`;
}

/** RFC 3848: ESMTP, with S under TLS and A after AUTH; SMTP after HELO. */
export function protocolName(facts: Pick<MessageFacts, 'extended' | 'tls' | 'authenticated'>): string {
  if (!facts.extended) return 'SMTP';
  return `ESMTP${facts.tls === undefined ? '' : 'S'}${facts.authenticated ? 'A' : ''}`;
}

/** `[192.0.2.1]`, `[IPv6:2001:db8::1]`; empty for a socket without an address. */
export function addressLiteral(address: string): string {
  if (address === '') return '';
  return address.includes(':') ? `[IPv6:${word(address)}]` : `[${word(address)}]`;
}

const peerInfo = (address: string): string => (address === '' ? '' : ` (${addressLiteral(address)})`);

// RFC 5321 §4.5.3.1.2: a domain is at most 255 octets.
const NAME_LIMIT = 255;

// What the client says is its own invention: a parenthesis would open a comment, a semicolon would begin the date.
const LITERAL = /^\[[A-Za-z0-9:.%-]+\]$/;

function heloName(helo: string): string {
  const name = helo.slice(0, NAME_LIMIT);
  if (name === '') return 'unknown';
  return LITERAL.test(name) ? name : word(name);
}

const word = (text: string): string => text.replace(/[^A-Za-z0-9._:%+=~-]/g, '?');

const commentText = (text: string): string => text.replace(/[^A-Za-z0-9._:/+-]/g, '?');
