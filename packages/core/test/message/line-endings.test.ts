import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineEndings } from '../../src/message/line-endings.js';
import type { LineEndingPolicy } from '../../src/message/line-endings.js';

/** The octets that come out, or the reason of the fault. */
function convert(policy: LineEndingPolicy, chunks: readonly Uint8Array[]): string {
  const machine = new LineEndings(policy);
  const out: Uint8Array[] = [];
  try {
    for (const chunk of chunks) out.push(...machine.push(chunk));
    out.push(...machine.end());
  } catch (error) {
    return `fault: ${(error as { reason: string }).reason}`;
  }
  return Buffer.concat(out).toString('latin1');
}

const splitsOf = (text: string): Uint8Array[][] => {
  const octets = Buffer.from(text, 'latin1');
  const whole = [octets];
  const single = [...octets].map((octet) => Uint8Array.of(octet));
  const pairs = Array.from({ length: octets.length + 1 }, (_, at) => [octets.subarray(0, at), octets.subarray(at)]);
  return [whole, single, ...pairs];
};

/** Longer than the length from which lines are copied whole. */
const LONG = 'l'.repeat(140);

const FAULT = 'fault: bare-line-ending';

const table: readonly (readonly [input: string, reject: string, normalise: string])[] = [
  ['', '', ''],
  ['a', 'a', 'a'],
  ['a\r\nb\r\n', 'a\nb\n', 'a\nb\n'],
  ['\r\n\r\n', '\n\n', '\n\n'],
  ['a\nb', FAULT, 'a\nb'],
  ['a\rb', FAULT, 'a\nb'],
  ['a\r', FAULT, 'a\n'],
  ['a\n', FAULT, 'a\n'],
  ['\r\r\n', FAULT, '\n\n'],
  ['\n\r\n', FAULT, '\n\n'],
  ['\r\n\n', FAULT, '\n\n'],
  ['\r\n\r', FAULT, '\n\n'],
  ['\n.\r\n', FAULT, '\n.\n'],
  ['\r.\r\n', FAULT, '\n.\n'],
  ['\r\n.\n', FAULT, '\n.\n'],
  ['\r\n.\r', FAULT, '\n.\n'],
  ['\r\r\r', FAULT, '\n\n\n'],
  [`${LONG}\r\n${LONG}\r\n\r\nx`, `${LONG}\n${LONG}\n\nx`, `${LONG}\n${LONG}\n\nx`],
  [`${LONG}\r\n${LONG}\nx`, FAULT, `${LONG}\n${LONG}\nx`],
  [`${LONG}\r\n${LONG}\rx${LONG}\r\n`, FAULT, `${LONG}\n${LONG}\nx${LONG}\n`],
  ['\0\xff\r\n\x80', '\0\xff\n\x80', '\0\xff\n\x80'],
];

describe('line endings', () => {
  it.each(table)('%j, split at every octet', (input, reject, normalise) => {
    for (const chunks of splitsOf(input)) {
      expect(convert('reject', chunks)).toBe(reject);
      expect(convert('normalise', chunks)).toBe(normalise);
    }
  });

  it('hands on a chunk without line ends as it is', () => {
    const chunk = Buffer.from('no line end in here');
    expect(new LineEndings('reject').push(chunk)[0]).toBe(chunk);
  });

  const octets = fc.array(fc.constantFrom(0x0d, 0x0a, 0x2e, 0x41, 0x00, 0xff), { maxLength: 40 });
  const cuts = fc.array(fc.nat(40), { maxLength: 6 });
  const cut = (bytes: readonly number[], at: readonly number[]): Uint8Array[] => {
    const edges = [0, ...at.filter((edge) => edge <= bytes.length).sort((a, b) => a - b), bytes.length];
    return edges.slice(1).map((edge, i) => Uint8Array.from(bytes.slice(edges[i], edge)));
  };

  it('never lets a CR through, and agrees with itself however it is split', () => {
    fc.assert(
      fc.property(octets, cuts, (bytes, at) => {
        const whole = convert('normalise', [Uint8Array.from(bytes)]);
        expect(convert('normalise', cut(bytes, at))).toBe(whole);
        expect(whole).not.toContain('\r');
        const text = Buffer.from(bytes).toString('latin1');
        expect(whole).toBe(text.replace(/\r\n|\r/g, '\n'));
        const bare = /\r(?!\n)|(?<!\r)\n/.test(text);
        expect(convert('reject', cut(bytes, at))).toBe(bare ? FAULT : whole);
      }),
    );
  });
});
