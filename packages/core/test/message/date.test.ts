import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDate, isValidDate, mendDate } from '../../src/message/date.js';

describe('isValidDate', () => {
  it.each([
    'Fri, 21 Nov 1997 09:55:06 -0600',
    'Tue, 1 Jul 2003 10:52:37 +0200',
    'Thu, 13 Feb 1969 23:32:54 -0330',
    'Thu,\n 13\n Feb\n 1969\n 23:32\n -0330 (Newfoundland Time)',
    'Fri, 21 Nov 1997 09(comment):   55  :  06 -0600',
    '21 Nov 1997 09:55 +0000',
    'Fri, 21 Nov 1997 09:55:06 GMT',
    'Fri, 21 Nov 1997 09:55:06 EST',
    'Fri, 21 Nov 1997 09:55:06 Z',
    'Tue, 30 Jun 2015 23:59:60 +0000',
    '29 Feb 2024 00:00:00 +0000',
    // A wrong day of the week misleads nobody.
    'Mon, 21 Nov 1997 09:55:06 -0600',
  ])('%s', (value) => {
    expect(isValidDate(value)).toBe(true);
  });

  it.each([
    '',
    'Fri, 21 Nov 97 09:55:06 -0600',
    'Fri, 21 Nov 1997 9:55:06 -0600',
    'Fri, 21 Nov 1997 09:55:06',
    'Fri, 21 Nov 1997 24:55:06 +0000',
    '30 Feb 2024 00:00:00 +0000',
    '29 Feb 2023 00:00:00 +0000',
    '0 Nov 1997 09:55:06 +0000',
    'Fri, 21 Nov 1997 09:55:06 +0060',
    'Fri, 21 Nov 1997 09:55:06 CEST',
    '1997-11-21T09:55:06Z',
    'yesterday',
  ])('not %j', (value) => {
    expect(isValidDate(value)).toBe(false);
  });
});

describe('mendDate', () => {
  it.each([
    ['21 Nov 97 09:55:06 -0600', 'Fri, 21 Nov 1997 09:55:06 -0600'],
    ['21 Nov 26 09:55:06 -0600', 'Sat, 21 Nov 2026 09:55:06 -0600'],
    ['21 Nov 49 00:00 +0000', 'Sun, 21 Nov 2049 00:00:00 +0000'],
    ['21 Nov 50 00:00 +0000', 'Tue, 21 Nov 1950 00:00:00 +0000'],
    ['21 Nov 126 00:00 +0000', 'Sat, 21 Nov 2026 00:00:00 +0000'],
    ['Fri, 21 Nov 1997 9:55:06 -0600', 'Fri, 21 Nov 1997 09:55:06 -0600'],
    ['Fri, 21 Nov 1997 09:55:06 CET', 'Fri, 21 Nov 1997 09:55:06 +0100'],
    ['Fri, 21 Nov 1997 09:55:06 MET DST', 'Fri, 21 Nov 1997 09:55:06 +0200'],
    ['Fri, 21 Nov 1997 09:55:06 cest', 'Fri, 21 Nov 1997 09:55:06 +0200'],
    ['Fri, 21 Nov 1997 09:55:06 IST', 'Fri, 21 Nov 1997 09:55:06 +0200'],
    ['Fri, 21 Nov 1997 09:55:06 UTC', 'Fri, 21 Nov 1997 09:55:06 +0000'],
    ['Fri, 21 Nov 1997 09:55:06 -0000 x', 'Fri, 21 Nov 1997 09:55:06 -0000'],
    ['Fri, 21 Nov 1997 09:55:06', 'Fri, 21 Nov 1997 09:55:06 -0000'],
    ['Fri, 21 Nov 1997 09:55:06 GMT+0100', 'Fri, 21 Nov 1997 09:55:06 +0100'],
    ['Fri, 21 Nov 1997 09:55:06 GMT-1', 'Fri, 21 Nov 1997 09:55:06 -0100'],
    ['Fri, 21 Nov 1997 09:55:06 +05:30', 'Fri, 21 Nov 1997 09:55:06 +0530'],
    ['Fri, 21 Nov 1997 09:55:06+0000', 'Fri, 21 Nov 1997 09:55:06 +0000'],
    ['Friday, 21 November 1997 09:55:06 +0000', 'Fri, 21 Nov 1997 09:55:06 +0000'],
    ['Fri 21 Nov 1997 09:55:06 +0000', 'Fri, 21 Nov 1997 09:55:06 +0000'],
    ['21-Nov-1997 09:55:06 +0000', 'Fri, 21 Nov 1997 09:55:06 +0000'],
    ['Fri Nov 21 09:55:06 1997', 'Fri, 21 Nov 1997 09:55:06 -0000'],
    ['Fri Nov  1 09:55:06 CST 2002', 'Fri, 1 Nov 2002 09:55:06 -0600'],
    ['1997-11-21T09:55:06Z', 'Fri, 21 Nov 1997 09:55:06 +0000'],
    ['1997-11-21T09:55:06.123-06:00', 'Fri, 21 Nov 1997 09:55:06 -0600'],
    ['1997-11-21 09:55', 'Fri, 21 Nov 1997 09:55:00 -0000'],
  ])('%j becomes %j', (value, expected) => {
    expect(mendDate(value)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '11/21/1997 09:55 AM',
    '32 Nov 1997 09:55:06 +0000',
    '21 Nov 1997 25:00:00 +0000',
    '21 Nov 1997',
  ])('does not guess at %j', (value) => {
    expect(mendDate(value)).toBeUndefined();
  });

  it('makes nothing but valid dates', () => {
    const piece = fc.constantFrom(
      ...[
        'Sat',
        ',',
        ' ',
        ' ',
        '21',
        'Nov',
        '2026',
        '97',
        '5',
        ':',
        '00',
        '59',
        '+0100',
        '-0000',
        'GMT',
        '(x)',
        '-',
        'T',
        'Z',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const mended = mendDate(pieces.join(''));
        expect(mended === undefined || isValidDate(mended)).toBe(true);
      }),
    );
  });

  it('reads back what formatDate writes', () => {
    const times = fc.date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(times, (time) => {
        const written = formatDate(time);
        expect(isValidDate(written)).toBe(true);
        expect(Date.parse(mendDate(written) ?? '')).toBe(Date.parse(written));
        expect(Date.parse(written)).toBe(Math.floor(time.getTime() / 1000) * 1000);
      }),
    );
  });
});
