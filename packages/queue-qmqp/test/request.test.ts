import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rawAddress } from '@postern/core';
import { checkAddresses, frame } from '../src/request.js';
import { envelope } from './fixture.js';
import { parseRequest } from './qmqp-server.js';

// eslint-disable-next-line no-control-regex
const CONTROL = /[\0-\x1f\x7f]/;
const local = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !CONTROL.test(text));

describe('the request', () => {
  it('is what the description of QMQP shows', () => {
    const { head, tail } = frame(envelope(['b@c'], 'a@b'), 5);
    expect(Buffer.concat([head, Buffer.from('hello'), tail]).toString()).toBe('20:5:hello,3:a@b,3:b@c,,');
  });

  it('says the null sender as nothing', () => {
    expect(frame(envelope(['b@c'], null), 0).tail.toString()).toBe(',0:,3:b@c,,');
  });

  it('is read back as it was, whatever octets and addresses', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        local,
        fc.array(local, { minLength: 1, maxLength: 5 }),
        (octets, sender, names) => {
          const given = envelope(
            names.map((name) => `${name}@example.net`),
            `${sender}@example.com`,
          );
          expect(checkAddresses(given)).toBeUndefined();
          const { head, tail } = frame(given, octets.length);
          const read = parseRequest(Buffer.concat([head, octets, tail]));
          expect(read?.message.equals(octets)).toBe(true);
          expect(read?.sender).toBe(`${sender}@example.com`);
          expect(read?.recipients).toEqual(given.recipients.map(rawAddress));
        },
      ),
    );
  });

  it.each([
    ['a NUL', ['a\0b@c'], 'bad-address'],
    ['a line end', ['a\nb@c'], 'bad-address'],
    ['999 octets', [`${'a'.repeat(997)}@c`], undefined],
    ['1000 octets', [`${'a'.repeat(998)}@c`], 'address-too-long'],
    ['1000 octets of UTF-8', [`${'é'.repeat(499)}@c`], 'address-too-long'],
    ['nobody', [], 'no-recipients'],
  ])('%s', (_what, recipients, fault) => {
    expect(checkAddresses(envelope(recipients))).toBe(fault);
  });

  it('an empty address', () => {
    expect(checkAddresses({ ...envelope(), recipients: [{ localPart: '', domain: '' }] })).toBe('bad-address');
  });
});
