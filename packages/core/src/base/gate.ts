/**
 * How many may be busy at once, and how many may wait for that. Knows nothing of what they are busy with.
 *
 * In front of every verifier and queue: a backend that slows down makes a line of a known length and not a heap of
 * sockets and processes.
 */

export interface GateLimits {
  /** How many may be inside at once; at least 1. */
  readonly concurrency: number;
  /** How many may wait for a place; 0: nobody waits. */
  readonly waiting: number;
}

/** Gives the place back. Calling it again does nothing. */
export type Release = () => void;

export interface Gate {
  /**
   * A place, now or when one is free, in the order of asking. `undefined` if the line is full, or if `signal` is or
   * gets aborted while waiting. Never rejects.
   */
  enter(signal?: AbortSignal): Promise<Release | undefined>;
  /** How many are inside. */
  readonly busy: number;
  /** How many wait. */
  readonly waiting: number;
}

export function gate(limits: GateLimits): Gate {
  let busy = 0;
  // A Set keeps the order of asking, and somebody in the middle who gives up costs nothing.
  const line = new Set<() => void>();

  const place = (): Release => {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = line.values().next();
      // The place goes from hand to hand: nobody who comes later can slip in between.
      if (next.done === true) busy--;
      else next.value();
    };
  };

  return {
    enter(signal) {
      if (signal?.aborted === true) return Promise.resolve(undefined);
      if (busy < limits.concurrency) {
        busy++;
        return Promise.resolve(place());
      }
      if (line.size >= limits.waiting) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const leave = (): void => {
          line.delete(go);
          resolve(undefined);
        };
        const go = (): void => {
          line.delete(go);
          signal?.removeEventListener('abort', leave);
          resolve(place());
        };
        line.add(go);
        signal?.addEventListener('abort', leave, { once: true });
      });
    },
    get busy() {
      return busy;
    },
    get waiting() {
      return line.size;
    },
  };
}
