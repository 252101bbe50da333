import { describe, expect, it } from 'vitest';
import { addressKey } from '../../src/base/address-key.js';

describe('the key that an address counts by', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['proxy for 0123', 'proxy for 0123'],
    ['', ''],
  ])('of %j is %j', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it('is one for all spellings of an address', () => {
    for (const spelling of ['0300.0.02.01', '0xc0.0.2.1', '192.0.513']) expect(addressKey(spelling)).toBe('192.0.2.1');
  });
});
