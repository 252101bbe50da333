import { describe, expect, it } from 'vitest';
import { Pool, tickFor } from '../../src/wire/pool.js';
import type { Pooled } from '../../src/wire/pool.js';

const member = (calls: string[] = []): Pooled => ({
  check: (now) => calls.push(`check ${now}`),
  drain: () => calls.push('drain'),
  destroy: () => calls.push('destroy'),
});

describe('the pool', () => {
  it('asks every member whether its time is up', () => {
    let now = 5;
    const pool = new Pool({ tick: 1000, now: () => now });
    const calls: string[] = [];
    const one = member(calls);
    pool.add(one);
    expect(pool.time).toBe(1005);
    now = 9;
    pool.sweep();
    expect(calls).toEqual(['check 9']);
    expect(pool.time).toBe(1009);
    pool.delete(one);
    pool.sweep();
    expect(calls).toEqual(['check 9']);
  });

  it('has one timer while it has members, and none that keeps a process alive', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const pool = new Pool({ tick: 50 });
    const members = [member(), member(), member()];
    for (const one of members) pool.add(one);
    expect(timers()).toBe(before);
    for (const one of members) pool.delete(one);
    expect(timers()).toBe(before);
  });

  it('tells when it is empty', async () => {
    const pool = new Pool({ tick: 1000 });
    await pool.empty();
    const one = member();
    pool.add(one);
    let empty = false;
    const waiting = pool.empty().then(() => {
      empty = true;
    });
    await Promise.resolve();
    expect(empty).toBe(false);
    pool.delete(one);
    await waiting;
    expect(empty).toBe(true);
  });

  it('looks often enough for the shortest time, and never in a hurry', () => {
    expect(tickFor([30_000, 300_000])).toBe(1000);
    expect(tickFor([400, 30_000])).toBe(100);
    expect(tickFor([1])).toBe(10);
  });
});
