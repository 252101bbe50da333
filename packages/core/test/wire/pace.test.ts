import { describe, expect, it } from 'vitest';
import { LEAST_OCTETS_PER_SECOND, Pace } from '../../src/wire/pace.js';

const IDLE = 10_000;

describe('the pace of a message', () => {
  it('allows a pause, and no longer one', () => {
    const pace = new Pace(IDLE, 0);
    pace.fed(100_000, 1000);
    expect(pace.isLate(10_999)).toBe(false);
    expect(pace.isLate(11_000)).toBe(true);
  });

  it('is fed by octets for as long as a message takes', () => {
    const pace = new Pace(IDLE, 0);
    for (let now = 0; now < 3_600_000; now += 1000) {
      pace.fed(LEAST_OCTETS_PER_SECOND, now);
      expect(pace.isLate(now)).toBe(false);
    }
  });

  it('does not wait for one octet now and then', () => {
    const pace = new Pace(IDLE, 0);
    let late = -1;
    for (let now = 0; now < 60_000 && late < 0; now += 1000) {
      pace.fed(1, now);
      if (pace.isLate(now)) late = now;
    }
    expect(late).toBe(IDLE);
  });

  it('does not count the time that the queue took', () => {
    const pace = new Pace(IDLE, 0);
    pace.fed(1, 1);
    pace.excuse(500_000);
    expect(pace.isLate(500_001)).toBe(false);
    expect(pace.isLate(500_000 + IDLE)).toBe(true);
  });
});
