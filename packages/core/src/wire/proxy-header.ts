/**
 * The PROXY header, versions 1 and 2, as a pure byte machine. Whether the peer may send one is not its business.
 *
 * Source: "The PROXY protocol, versions 1 and 2", haproxy.org.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { plainAddress } from '../base/address-key.js';
import type { Endpoint } from '../ports/connection.js';

/** §2.1: the longest version 1 line, with its CRLF. */
const V1_MOST = 107;
/** §2.2: sixteen octets, then what they announce. The extensions (TLVs) of real proxies take a few hundred. */
const V2_FIXED = 16;
const V2_MOST = 4096;

const V1_START = Buffer.from('PROXY ', 'latin1');
const V2_START = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);

/** What a header says; without addresses (UNKNOWN, LOCAL) the socket's own hold. */
export interface ProxyHeader {
  readonly peer?: Endpoint;
  readonly local?: Endpoint;
}

export type ProxyResult =
  | { readonly found: 'more' }
  | { readonly found: 'header'; readonly header: ProxyHeader; readonly rest: Buffer }
  | { readonly found: 'nonsense' };

const MORE: ProxyResult = { found: 'more' };
const NONSENSE: ProxyResult = { found: 'nonsense' };

export class ProxyScanner {
  #held: Buffer | undefined;

  /** More octets from the start of a connection. Not to be called again after anything but `more`. */
  push(chunk: Buffer): ProxyResult {
    // At most 4112 octets are ever held, so that copying them together stays cheap.
    const octets = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = octets;
    if (startsWith(octets, V2_START)) return readVersion2(octets);
    return startsWith(octets, V1_START) ? readVersion1(octets) : NONSENSE;
  }
}

/** True as long as nothing speaks against it. */
function startsWith(octets: Buffer, start: Buffer): boolean {
  const length = Math.min(octets.length, start.length);
  return octets.compare(start, 0, length, 0, length) === 0;
}

function readVersion1(octets: Buffer): ProxyResult {
  const end = octets.subarray(0, V1_MOST).indexOf('\r\n');
  if (end < 0) return octets.length < V1_MOST ? MORE : NONSENSE;
  const header = parseVersion1(octets.toString('latin1', 0, end).split(' '));
  return header === undefined ? NONSENSE : { found: 'header', header, rest: octets.subarray(end + 2) };
}

function parseVersion1(words: readonly string[]): ProxyHeader | undefined {
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = words;
  // §2.1: whatever follows UNKNOWN is ignored.
  if (family === 'UNKNOWN') return {};
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined;
  if (isAddress === undefined || more.length > 0) return undefined;
  if (!isAddress(source) || !isAddress(destination) || !isPort(sourcePort) || !isPort(destinationPort))
    return undefined;
  return {
    peer: { address: plainAddress(source.toLowerCase()), port: Number(sourcePort) },
    local: { address: plainAddress(destination.toLowerCase()), port: Number(destinationPort) },
  };
}

const isPort = (text: string): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;

function readVersion2(octets: Buffer): ProxyResult {
  if (octets.length < V2_FIXED) return MORE;
  const command = octets.readUInt8(12);
  const family = octets.readUInt8(13);
  const length = octets.readUInt16BE(14);
  if (command !== 0x20 && command !== 0x21) return NONSENSE;
  if (length > V2_MOST) return NONSENSE;
  if (octets.length < V2_FIXED + length) return MORE;
  const header = command === 0x20 ? {} : addresses(family, octets.subarray(V2_FIXED, V2_FIXED + length));
  return header === undefined ? NONSENSE : { found: 'header', header, rest: octets.subarray(V2_FIXED + length) };
}

/** Families but TCP over IPv4 and IPv6 say nothing about an address that we could use: the socket's own hold. */
function addresses(family: number, block: Buffer): ProxyHeader | undefined {
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (size === 0) return {};
  if (block.length < 2 * size + 4) return undefined;
  return {
    peer: { address: formatAddress(block.subarray(0, size)), port: block.readUInt16BE(2 * size) },
    local: { address: formatAddress(block.subarray(size, 2 * size)), port: block.readUInt16BE(2 * size + 2) },
  };
}

/** RFC 4291 §2.5.5.2: an IPv4 address in the form of an IPv6 one. */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

function formatAddress(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.subarray(0, 12).equals(MAPPED)) return octets.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16)).join(':');
  // The URL parser writes IPv6 as RFC 5952 wants it.
  return new URL(`http://[${groups}]/`).hostname.slice(1, -1);
}
