import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEnvelope, envelopeBytes } from '../../src/queue/envelope-bytes.js';
import { rawAddress } from '../../src/base/mailbox.js';
import type { Mailbox } from '../../src/base/mailbox.js';
import { envelope } from './queue-helpers.js';

const text = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 64,
});
const mailbox: fc.Arbitrary<Mailbox> = fc.record({
  localPart: text,
  domain: fc.constantFrom('example.com', 'x', '[192.0.2.1]', ''),
});

describe('envelope octets', () => {
  it('what qmail-queue(8) shows', () => {
    expect(envelopeBytes(envelope()).toString()).toBe('Falice@example.com\0Tbob@example.net\0\0');
    expect(envelopeBytes({ ...envelope(), sender: null }).toString()).toBe('F\0Tbob@example.net\0\0');
  });

  it('give back every envelope exactly', () => {
    fc.assert(
      fc.property(fc.option(mailbox), fc.array(mailbox, { minLength: 1, maxLength: 40 }), (sender, recipients) => {
        const given = { ...envelope(), sender, recipients };
        expect(checkEnvelope(given)).toBeUndefined();
        const octets = envelopeBytes(given).toString('utf8');
        expect(octets.endsWith('\0\0')).toBe(true);
        const records = octets.slice(0, -2).split('\0');
        expect(records[0]).toBe(`F${sender === null ? '' : rawAddress(sender)}`);
        expect(records.slice(1)).toEqual(recipients.map((recipient) => `T${rawAddress(recipient)}`));
      }),
    );
  });

  it('never hold a control character of an address', () => {
    fc.assert(
      fc.property(
        mailbox,
        fc.constantFrom('\0', '\n', '\r', '\x01', '\x1f', '\x7f'),
        fc.nat(63),
        (good, character, at) => {
          const localPart = good.localPart.slice(0, at) + character + good.localPart.slice(at);
          expect(checkEnvelope({ ...envelope(), recipients: [{ ...good, localPart }] })).toBe('bad-address');
          expect(checkEnvelope({ ...envelope(), sender: { ...good, domain: `x${character}` } })).toBe('bad-address');
        },
      ),
    );
  });

  it('addresses of 1002 octets, and not one more', () => {
    const recipient = (length: number): Mailbox => ({ localPart: 'x'.repeat(length - 12), domain: 'example.com' });
    expect(checkEnvelope({ ...envelope(), recipients: [recipient(1002)] })).toBeUndefined();
    expect(checkEnvelope({ ...envelope(), recipients: [recipient(1003)] })).toBe('address-too-long');
    const wide = { localPart: 'ü'.repeat(500), domain: 'example.com' };
    expect(checkEnvelope({ ...envelope(), recipients: [wide] })).toBe('address-too-long');
  });

  it('an envelope of any size', () => {
    const recipients = Array.from({ length: 50_000 }, (_, i) => ({ localPart: `user${i}`, domain: 'example.com' }));
    expect(
      envelopeBytes({ ...envelope(), recipients })
        .toString()
        .split('\0'),
    ).toHaveLength(50_003);
  });
});
