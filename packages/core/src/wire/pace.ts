/** Whether a client that sends a message is still worth waiting for. Pure: the time is handed in. */

/**
 * A client may stop for as long as the idle time, and in each stretch of that length it has to send so many octets a
 * second on average. Otherwise one octet a minute would keep a session, and a queue's process, for ever.
 */
export const LEAST_OCTETS_PER_SECOND = 64;

export class Pace {
  readonly #idle: number;
  #last: number;
  #began: number;
  #octets = 0;

  /** @param idle milliseconds without any octet; @param now milliseconds */
  constructor(idle: number, now: number) {
    this.#idle = idle;
    this.#last = now;
    this.#began = now;
  }

  fed(octets: number, now: number): void {
    this.#last = now;
    this.#octets += octets;
  }

  /** The time up to now was ours, not the client's. */
  excuse(now: number): void {
    this.#last = now;
    this.#began = now;
    this.#octets = 0;
  }

  isLate(now: number): boolean {
    if (now - this.#last >= this.#idle) return true;
    const elapsed = now - this.#began;
    if (elapsed < this.#idle) return false;
    const slow = this.#octets < (LEAST_OCTETS_PER_SECOND * elapsed) / 1000;
    this.#began = now;
    this.#octets = 0;
    return slow;
  }
}
