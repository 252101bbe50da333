import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultReplies, replies } from '../../src/base/replies.js';
import { formatReply, formatStatus } from '../../src/base/reply.js';
import type { Reply } from '../../src/base/reply.js';

const all: Reply[] = [
  ...Object.values(replies).map((row): Reply =>
    typeof row === 'function' ? (row as (text: string) => Reply)('x') : row,
  ),
  ...Object.values(faultReplies),
];

describe('replies', () => {
  it.each(all.map((row) => [formatReply(row).trim(), row] as const))('%s has a sound code', (_text, row) => {
    expect(row.code).toBeGreaterThanOrEqual(211);
    expect(row.code).toBeLessThan(560);
    expect(row.text.length).toBeGreaterThan(0);
    if (row.code >= 400) expect(formatStatus(row)[0]).toBe(String(row.code)[0]);
    if (row.code === 421) expect(row.close).toBe(true);
  });

  it('carries no enhanced status code in the greeting, in EHLO, 334 and 354', () => {
    for (const row of [replies.greeting('h'), replies.hello('h'), replies.challenge(''), replies.startData]) {
      expect(formatStatus(row)).toBe('');
    }
  });
});

describe('formatReply', () => {
  it('puts code and status on every line', () => {
    expect(formatReply({ code: 214, status: [0, 0], text: ['a', 'b'] })).toBe('214-2.0.0 a\r\n214 2.0.0 b\r\n');
  });

  it('never lets text split a reply', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }), (text) => {
        const lines = formatReply({ code: 451, status: [3, 0], text }).split('\r\n');
        expect(lines).toHaveLength(text.length + 1);
        for (const line of lines.slice(0, -1)) {
          expect(line).toMatch(/^451[ -]4\.3\.0 [ -~]*$/);
          expect(line.length).toBeLessThanOrEqual(510);
        }
      }),
    );
  });

  it('keeps a long challenge whole', () => {
    expect(formatReply(replies.challenge('A'.repeat(4000)))).toHaveLength(4006);
  });
});
