/** Counts open connections in this process: in all, and by address (IPv6 by /64). */
import { addressKey } from '../base/address-key.js';
import type { ConnectionLimits } from '../ports/limits.js';

export interface ConnectionLimitOptions {
  readonly total: number;
  readonly perAddress: number;
}

export function connectionLimits(options: ConnectionLimitOptions): ConnectionLimits {
  const perAddress = new Map<string, number>();
  let total = 0;
  return {
    enter(address) {
      const key = addressKey(address);
      const here = perAddress.get(key) ?? 0;
      if (total >= options.total || here >= options.perAddress) return undefined;
      total++;
      perAddress.set(key, here + 1);
      let left = false;
      return {
        leave() {
          if (left) return;
          left = true;
          total--;
          const now = (perAddress.get(key) ?? 1) - 1;
          if (now === 0) perAddress.delete(key);
          else perAddress.set(key, now);
        },
      };
    },
  };
}
