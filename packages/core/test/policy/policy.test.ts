import { describe, expect, it } from 'vitest';
import { connectionLimits } from '../../src/policy/connection-limits.js';
import { networkMatcher } from '../../src/policy/networks.js';
import { anySender, knownSenders, ownSenders } from '../../src/policy/senders.js';

describe('connectionLimits', () => {
  it('counts in all and by address, and gives places back once', () => {
    const limits = connectionLimits({ total: 3, perAddress: 2 });
    const first = limits.enter('192.0.2.1');
    expect(limits.enter('::ffff:192.0.2.1')).toBeDefined();
    expect(limits.enter('192.0.2.1')).toBeUndefined();
    expect(limits.enter('192.0.2.2')).toBeDefined();
    expect(limits.enter('192.0.2.3')).toBeUndefined();
    first?.leave();
    first?.leave();
    expect(limits.enter('192.0.2.1')).toBeDefined();
    expect(limits.enter('192.0.2.1')).toBeUndefined();
  });
});

describe('networkMatcher', () => {
  it('trusts exactly the networks that are written', () => {
    const trusts = networkMatcher(['192.0.2.0/24', '2001:db8::1', '198.51.100.7']);
    expect(['192.0.2.255', '::ffff:192.0.2.9', '2001:db8::1', '198.51.100.7'].map(trusts)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['192.0.3.0', '2001:db8::2', '198.51.100.8', '', 'x'].map(trusts)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(networkMatcher([])('192.0.2.1')).toBe(false);
  });
});

describe('sender policies', () => {
  const address = (localPart: string, domain: string) => ({ localPart, domain });
  const known = { login: 'alice', addresses: ['alice@example.com', '@example.org', 'webmaster'] };

  it('any lets everybody', () => expect(anySender.maySendAs({ login: 'a' }, address('b', 'c'))).toBe(true));

  it.each([
    ['alice', 'EXAMPLE.com', true],
    ['Alice', 'example.com', true],
    ['bob', 'example.com', false],
    ['anybody', 'example.org', true],
    ['anybody', 'sub.example.org', false],
    ['anybody', 'badexample.org', false],
    ['webmaster', 'anywhere.example', true],
  ])('known: %s@%s', (localPart, domain, allowed) => {
    expect(knownSenders.maySendAs(known, address(localPart, domain))).toBe(allowed);
  });

  it('known lets a user without known addresses, own does not', () => {
    const unknown = { login: 'alice@example.com' };
    expect(knownSenders.maySendAs(unknown, address('x', 'y'))).toBe(true);
    expect(ownSenders.maySendAs(unknown, address('x', 'y'))).toBe(false);
    expect(ownSenders.maySendAs(unknown, address('alice', 'example.com'))).toBe(true);
  });
});
