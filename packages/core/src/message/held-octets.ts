/** Octets collected until there are enough. One chunk is kept as it is; more are copied together, each octet a few times at most. */

const EMPTY = Buffer.alloc(0);

export class HeldOctets {
  #octets: Buffer = EMPTY;
  #length = 0;
  /** `#octets` is ours and may be written to. */
  #owned = false;

  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    if (this.#length === 0) {
      this.#octets = chunk;
      this.#length = chunk.length;
      this.#owned = false;
      return;
    }
    const length = this.#length + chunk.length;
    // Doubling: a client that sends one octet at a time costs linear time and no array of a million chunks.
    if (!this.#owned || length > this.#octets.length) {
      const larger = Buffer.allocUnsafe(Math.max(length * 2, 4096));
      this.#octets.copy(larger, 0, 0, this.#length);
      this.#octets = larger;
      this.#owned = true;
    }
    chunk.copy(this.#octets, this.#length);
    this.#length = length;
  }

  /** What was collected; the collection is empty afterwards. */
  take(): Buffer {
    const taken = this.#octets.subarray(0, this.#length);
    this.#octets = EMPTY;
    this.#length = 0;
    this.#owned = false;
    return taken;
  }
}
