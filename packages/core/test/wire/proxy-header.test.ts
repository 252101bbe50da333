import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProxyScanner } from '../../src/wire/proxy-header.js';
import type { ProxyHeader, ProxyResult } from '../../src/wire/proxy-header.js';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

export function version2(command: number, family: number, addresses: Buffer): Buffer {
  const head = Buffer.from([command, family, 0, 0]);
  head.writeUInt16BE(addresses.length, 2);
  return Buffer.concat([SIGNATURE, head, addresses]);
}

const MAPPED = '00000000000000000000ffff';
const TCP4 = Buffer.from('c0000201c6336402' + '8235' + '024b', 'hex');
const TCP6 = Buffer.from(`${'20010db8'.padEnd(31, '0')}1${'20010db8'.padEnd(31, '0')}2` + '8235' + '024b', 'hex');

function push(chunks: readonly Buffer[]): ProxyResult {
  const scanner = new ProxyScanner();
  let result: ProxyResult = { found: 'more' };
  for (const chunk of chunks) {
    if (result.found !== 'more') throw new Error('asked again after an answer');
    result = scanner.push(chunk);
  }
  return result;
}

const v4: ProxyHeader = { peer: { address: '192.0.2.1', port: 33_333 }, local: { address: '198.51.100.2', port: 587 } };
const v6: ProxyHeader = {
  peer: { address: '2001:db8::1', port: 33_333 },
  local: { address: '2001:db8::2', port: 587 },
};

const GOOD: readonly [string, Buffer, ProxyHeader][] = [
  ['v1 TCP4', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 33333 587\r\n'), v4],
  ['v1 TCP6', Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 33333 587\r\n'), v6],
  ['v1 TCP6 with IPv4 inside', Buffer.from('PROXY TCP6 ::ffff:192.0.2.1 ::FFFF:198.51.100.2 33333 587\r\n'), v4],
  [
    'v2 TCP6 with IPv4 inside',
    version2(0x21, 0x21, Buffer.from(`${MAPPED}c0000201${MAPPED}c63364028235024b`, 'hex')),
    v4,
  ],
  ['v1 UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), {}],
  ['v1 UNKNOWN with words', Buffer.from('PROXY UNKNOWN ffff::1 whatever 1 2\r\n'), {}],
  ['v2 TCP4', version2(0x21, 0x11, TCP4), v4],
  ['v2 TCP6', version2(0x21, 0x21, TCP6), v6],
  ['v2 TCP4 with extensions', version2(0x21, 0x11, Buffer.concat([TCP4, Buffer.from('0300041a2b3c4d', 'hex')])), v4],
  ['v2 LOCAL', version2(0x20, 0x00, Buffer.alloc(0)), {}],
  ['v2 LOCAL with addresses', version2(0x20, 0x11, TCP4), {}],
  ['v2 UNIX', version2(0x21, 0x31, Buffer.alloc(216)), {}],
];

describe.each(GOOD)('%s', (_name, octets, header) => {
  it('is read wherever it is cut, and what follows is left over', () => {
    const rest = Buffer.from('EHLO x\r\n');
    const all = Buffer.concat([octets, rest]);
    for (let at = 1; at < octets.length; at++) {
      const result = push([all.subarray(0, at), all.subarray(at)]);
      expect(result).toEqual({ found: 'header', header, rest });
    }
    const single = push(Array.from(octets, (octet) => Buffer.of(octet)));
    expect(single).toEqual({ found: 'header', header, rest: Buffer.alloc(0) });
  });

  it('is waited for to its last octet', () => {
    expect(push([octets.subarray(0, octets.length - 1)])).toEqual({ found: 'more' });
  });
});

const BAD: readonly [string, Buffer][] = [
  ['a greeting', Buffer.from('EHLO x\r\n')],
  ['a ClientHello', Buffer.from('1603010200010001fc0303', 'hex')],
  ['lower case', Buffer.from('proxy TCP4 192.0.2.1 198.51.100.2 33333 587\r\n')],
  ['another family', Buffer.from('PROXY UDP4 192.0.2.1 198.51.100.2 33333 587\r\n')],
  ['no address', Buffer.from('PROXY TCP4 \r\n')],
  ['IPv6 as IPv4', Buffer.from('PROXY TCP4 ::1 198.51.100.2 33333 587\r\n')],
  ['a name', Buffer.from('PROXY TCP4 example.com 198.51.100.2 33333 587\r\n')],
  ['a port over 65535', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 65536 587\r\n')],
  ['a negative port', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 -1 587\r\n')],
  ['a word too many', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 33333 587 x\r\n')],
  ['two spaces', Buffer.from('PROXY  TCP4 192.0.2.1 198.51.100.2 33333 587\r\n')],
  ['a line over 107 octets', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)],
  ['a line without end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(200)}`)],
  ['LF alone', Buffer.from(`PROXY TCP4 192.0.2.1 198.51.100.2 33333 587\n${'x'.repeat(100)}`)],
  ['version 3', version2(0x31, 0x11, TCP4)],
  ['an unknown command', version2(0x22, 0x11, TCP4)],
  ['an address block too short', version2(0x21, 0x11, TCP4.subarray(0, 11))],
  ['an IPv6 block too short', version2(0x21, 0x21, TCP6.subarray(0, 35))],
  ['a signature that goes wrong at its last octet', Buffer.concat([SIGNATURE.subarray(0, 11), Buffer.of(0x0b)])],
  ['a length beyond all reason', Buffer.concat([SIGNATURE, Buffer.from('2111ffff', 'hex')])],
];

describe.each(BAD)('%s', (_name, octets) => {
  it('is no header, wherever it is cut', () => {
    expect(push([octets])).toEqual({ found: 'nonsense' });
    const scanner = new ProxyScanner();
    let result: ProxyResult = { found: 'more' };
    for (const octet of octets) {
      result = scanner.push(Buffer.of(octet));
      if (result.found !== 'more') break;
    }
    expect(result).toEqual({ found: 'nonsense' });
  });
});

it('never throws and never holds much, whatever comes', () => {
  const start = fc.constantFrom(
    '',
    'PROXY ',
    'PROXY TCP4 ',
    SIGNATURE.toString('latin1'),
    `${SIGNATURE.toString('latin1')}\x21\x11\0`,
  );
  fc.assert(
    fc.property(start, fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 80 }), (first, more) => {
      const scanner = new ProxyScanner();
      let octets = first.length;
      let result = scanner.push(Buffer.from(first, 'latin1'));
      for (const chunk of more) {
        if (result.found !== 'more') break;
        octets += chunk.length;
        result = scanner.push(Buffer.from(chunk));
      }
      if (result.found === 'more') expect(octets).toBeLessThanOrEqual(4112);
    }),
  );
});
