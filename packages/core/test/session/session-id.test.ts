import { describe, expect, it } from 'vitest';
import { newSessionId } from '../../src/session/session-id.js';

describe('the id of a session', () => {
  it('is sixteen digits of base 32, and never the same', () => {
    const ids = Array.from({ length: 5000 }, newSessionId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-v]{16}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('uses every digit about as often as any other', () => {
    const count = new Map<string, number>();
    for (let i = 0; i < 4000; i++) for (const digit of newSessionId()) count.set(digit, (count.get(digit) ?? 0) + 1);
    expect(count.size).toBe(32);
    // 2,000 expected of each; ten standard deviations are 440.
    for (const times of count.values()) expect(Math.abs(times - 2000)).toBeLessThan(440);
  });
});
