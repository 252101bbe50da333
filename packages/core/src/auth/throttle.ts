/** Counts failed logins in this process: by address (IPv6 by /64) and by login, known or not. */
import { addressKey } from '../base/address-key.js';
import type { Clock } from '../base/clock.js';
import type { AttemptLimits } from '../ports/limits.js';

export interface ThrottleOptions {
  /** Failures from one address before it is blocked. */
  readonly perAddress: number;
  /** Failures for one login before it is blocked, whoever tries. */
  readonly perLogin: number;
  /** Milliseconds for which failures count, and for which a block lasts. */
  readonly window: number;
  readonly clock: Clock;
}

// A table that an attacker fills must not eat the memory: beyond this the oldest entries go.
const MOST_ENTRIES = 100_000;

/** A fixed window for each key: small, and good enough to make guessing pointless. */
export function throttle(options: ThrottleOptions): AttemptLimits {
  const failures = new Map<string, { count: number; until: number }>();

  const isFull = (key: string, limit: number): boolean => {
    const entry = failures.get(key);
    if (entry === undefined) return false;
    if (entry.until <= options.clock.now()) {
      failures.delete(key);
      return false;
    }
    return entry.count >= limit;
  };

  const count = (key: string): void => {
    const now = options.clock.now();
    const entry = failures.get(key);
    const next = entry !== undefined && entry.until > now ? entry : { count: 0, until: now + options.window };
    next.count++;
    // Put last again, so that the first key is the one unused for longest.
    failures.delete(key);
    failures.set(key, next);
    if (failures.size > MOST_ENTRIES) {
      const oldest = failures.keys().next();
      if (oldest.done !== true) failures.delete(oldest.value);
    }
  };

  const ofAddress = (address: string): string => `a ${addressKey(address)}`;
  const ofLogin = (login: string): string => `l ${login.toLowerCase()}`;

  return {
    blocked: (address, login) =>
      isFull(ofAddress(address), options.perAddress) || (login !== '' && isFull(ofLogin(login), options.perLogin)),
    failed(address, login) {
      count(ofAddress(address));
      if (login !== '') count(ofLogin(login));
    },
    // The address keeps its count: one right password must not pay for guessing others.
    succeeded(_address, login) {
      failures.delete(ofLogin(login));
    },
  };
}
