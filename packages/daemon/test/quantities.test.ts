import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, parseSize } from '../src/index.js';

describe('a time', () => {
  it.each([
    ['500ms', 500],
    ['0s', 0],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['24d', 24 * 86_400_000],
  ])('%s is %i ms', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  it.each([
    30,
    '30',
    '-1s',
    '1 s',
    's',
    '',
    '1s ',
    '1S',
    '1w',
    '1e3s',
    'NaNs',
    null,
    undefined,
    new Date(0),
    ['1s'],
    '25d',
  ])('%j is none', (value) => expect(parseDuration(value)).toBeUndefined());
});

describe('a size', () => {
  it.each([
    [0, 0],
    [12_345, 12_345],
    ['64KiB', 65_536],
    ['25MB', 25_000_000],
    ['25 MB', 25_000_000],
    ['1GiB', 1_073_741_824],
    ['10B', 10],
    ['1.5kB', 1_500],
  ])('%j is %i octets', (value, octets) => expect(parseSize(value)).toBe(octets));

  it.each([-1, 1.5, '25', '25M', '25mb', 'MB', '1  MB', '', '9999999999GB', Number.NaN, Infinity, true, null])(
    '%j is none',
    (value) => expect(parseSize(value)).toBeUndefined(),
  );
});

it('whatever is written, the answer is a whole number from 0 or none', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{1,30}(ms|s|m|h|d|B|kB|MB|MiB|GB)$/), fc.double()),
      (value) => {
        for (const amount of [parseDuration(value), parseSize(value)]) {
          if (amount !== undefined) expect(Number.isSafeInteger(amount) && amount >= 0).toBe(true);
        }
      },
    ),
  );
});
