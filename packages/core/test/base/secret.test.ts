import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.js';

describe('Secret', () => {
  it('shows itself to nobody who prints it', () => {
    const secret = Secret.of('hunter2');
    const printed = [String(secret), secret.toString(), JSON.stringify({ secret }), inspect({ secret }, { depth: 9 })];
    for (const text of printed) {
      expect(text).toContain('[secret]');
      expect(text).not.toContain('hunter2');
    }
    expect(Object.keys(secret)).toEqual([]);
  });

  it('is overwritten and then gone', () => {
    const bytes = Buffer.from('hunter2');
    const secret = Secret.of(bytes);
    expect(secret.text()).toBe('hunter2');
    secret.wipe();
    expect(bytes.every((octet) => octet === 0)).toBe(true);
    expect(() => secret.text()).toThrow('wiped');
    expect(secret.length).toBe(0);
  });
});
