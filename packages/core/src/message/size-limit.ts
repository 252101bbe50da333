/** Counts the octets of a message and stops at a limit. */
import { MessageFault } from '../base/message-fault.js';

/** A counter with an end. Counts what qmail's control/databytes counts: octets with LF line ends, before anything is added. */
export class SizeLimit {
  readonly #limit: number;
  #size = 0;

  /** @param limit octets; 0 is no limit. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Octets so far. */
  get size(): number {
    return this.#size;
  }

  /** @throws MessageFault `too-big` with the first octet over the limit. */
  add(octets: number): void {
    this.#size += octets;
    if (this.#limit > 0 && this.#size > this.#limit) throw new MessageFault('too-big');
  }
}
