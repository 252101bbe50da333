/** Open connections, counted across workers: each counts its own and tells the others of changes. */
import { addressKey } from '@postern/core';
import type { ConnectionLimits } from '@postern/core';
import type { Channel } from './channel.js';

export interface SharedConnectionOptions {
  readonly total: number;
  readonly perAddress: number;
  readonly channel: Channel;
  /**
   * Calls back a little later; changes gather until then. Default 20 ms. Near a limit they are told at once: what several
   * workers may let in too many is what they accept within one message's way.
   */
  readonly later?: (flush: () => void) => void;
}

const soon = (flush: () => void): void => {
  setTimeout(flush, 20).unref();
};

export function sharedConnections(options: SharedConnectionOptions): ConnectionLimits {
  const { channel, later = soon } = options;
  const everywhere = new Map<string, number>();
  const untold = new Map<string, number>();
  let total = 0;
  let waiting = false;

  const count = (key: string, change: number): number => {
    const now = (everywhere.get(key) ?? 0) + change;
    if (now <= 0) everywhere.delete(key);
    else everywhere.set(key, now);
    total += change;
    return now;
  };

  const flush = (): void => {
    waiting = false;
    const changes = [...untold].filter(([, change]) => change !== 0);
    untold.clear();
    if (changes.length > 0) channel.send({ tell: 'connections', changes });
  };

  const tell = (key: string, change: number, urgent: boolean): void => {
    untold.set(key, (untold.get(key) ?? 0) + change);
    if (urgent) flush();
    else if (!waiting) {
      waiting = true;
      later(flush);
    }
  };

  // From a quarter on, so that what a few workers have not told yet cannot add up to more than the limit.
  const isNear = (here: number): boolean => here * 4 >= options.perAddress || total * 4 >= options.total;

  channel.receive((gossip) => {
    if (gossip.tell === 'connections') for (const [key, change] of gossip.changes) count(key, change);
  });

  return {
    enter(address) {
      const key = addressKey(address);
      if (total >= options.total || (everywhere.get(key) ?? 0) >= options.perAddress) return undefined;
      tell(key, 1, isNear(count(key, 1)));
      let left = false;
      return {
        leave() {
          if (left) return;
          left = true;
          tell(key, -1, isNear(count(key, -1) + 1));
        },
      };
    },
  };
}
