/**
 * What the primary keeps of the gossip: enough to tell a new worker how things stand, and to take back the connections of
 * a worker that died. Knows nothing of processes.
 */
import type { Gossip } from './channel.js';

// A new worker hears of the last failures only: the window of the throttle is minutes, and this is a lot for minutes.
const MOST_FAILURES = 10_000;

export interface Bulletin {
  /** `worker` told this. */
  heard(worker: number, gossip: Gossip): void;
  /** What a worker that starts now has to know. */
  news(): readonly Gossip[];
  /** `worker` is gone: what the others have to hear. */
  buried(worker: number): Gossip | undefined;
}

/** @param window milliseconds for which failed logins count */
export function bulletin(window: number, now: () => number = Date.now): Bulletin {
  const connections = new Map<number, Map<string, number>>();
  let failures: { readonly gossip: Gossip & { tell: 'failed' }; readonly at: number }[] = [];

  const countOf = (worker: number): Map<string, number> => {
    const known = connections.get(worker) ?? new Map<string, number>();
    connections.set(worker, known);
    return known;
  };

  return {
    heard(worker, gossip) {
      if (gossip.tell === 'connections') {
        const counts = countOf(worker);
        for (const [key, change] of gossip.changes) {
          const next = (counts.get(key) ?? 0) + change;
          if (next === 0) counts.delete(key);
          else counts.set(key, next);
        }
      } else if (gossip.tell === 'failed') {
        failures.push({ gossip, at: now() });
        if (failures.length > MOST_FAILURES) failures = failures.slice(-MOST_FAILURES / 2);
      } else {
        failures = failures.map((failure) =>
          failure.gossip.login === gossip.login ? { ...failure, gossip: { ...failure.gossip, login: '' } } : failure,
        );
      }
    },
    news() {
      const since = now() - window;
      failures = failures.filter((failure) => failure.at > since);
      const open = new Map<string, number>();
      for (const counts of connections.values()) {
        for (const [key, count] of counts) open.set(key, (open.get(key) ?? 0) + count);
      }
      return [...failures.map((failure) => failure.gossip), { tell: 'connections', changes: [...open] }];
    },
    buried(worker) {
      const counts = connections.get(worker);
      connections.delete(worker);
      if (counts === undefined || counts.size === 0) return undefined;
      return { tell: 'connections', changes: [...counts].map(([key, count]) => [key, -count] as const) };
    },
  };
}
