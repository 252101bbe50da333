/**
 * The open connections of one listener, with one timer for all of them: each is asked now and then whether its time is up.
 * A timer for each connection and purpose would cost memory in thousands of idle sessions, and be set anew for every line.
 */

/** What a pool holds. */
export interface Pooled {
  /** Looks at its deadlines. */
  check(now: number): void;
  drain(): void;
  destroy(): void;
}

export interface PoolOptions {
  /** Milliseconds between two looks: the precision of every deadline. */
  readonly tick: number;
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

export class Pool {
  readonly #members = new Set<Pooled>();
  readonly #tick: number;
  readonly #now: () => number;
  #time: number;
  #timer: NodeJS.Timeout | undefined;
  #whenEmpty: (() => void)[] = [];

  constructor(options: PoolOptions) {
    this.#tick = options.tick;
    this.#now = options.now ?? (() => performance.now());
    this.#time = this.#now();
  }

  /**
   * Milliseconds: when the next look is due, so never before now. Deadlines that are set from it are late by two looks at
   * most and never early. Reading a clock for every line would cost more than it is worth.
   */
  get time(): number {
    return this.#time + this.#tick;
  }

  get size(): number {
    return this.#members.size;
  }

  add(member: Pooled): void {
    if (this.#members.size === 0) this.#time = this.#now();
    this.#members.add(member);
    // Never what keeps a process alive.
    this.#timer ??= setInterval(() => this.sweep(), this.#tick).unref();
  }

  delete(member: Pooled): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  sweep(): void {
    this.#time = this.#now();
    for (const member of this.#members) member.check(this.#time);
  }

  drain(): void {
    for (const member of this.#members) member.drain();
  }

  destroy(): void {
    for (const member of this.#members) member.destroy();
  }

  /** Resolves when no connection is open. */
  empty(): Promise<void> {
    if (this.#members.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }
}

/** Fine enough for the shortest of the times, coarse enough to cost nothing. */
export const tickFor = (milliseconds: readonly number[]): number =>
  Math.max(10, Math.min(1000, Math.floor(Math.min(...milliseconds) / 4)));
