/**
 * A password that cannot be printed. Logs, JSON, templates and `util.inspect` show `[secret]`.
 */

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/**
 * Bytes that are shown to a verifier and to nobody else.
 *
 * `wipe()` overwrites them; after that `bytes()` and `text()` throw. (The line that the client sent is a string of the
 * engine's and lives until it is collected: JavaScript gives no way to overwrite it.)
 */
export class Secret {
  #bytes: Buffer | undefined;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Takes over `bytes`: the caller must not keep them. */
  static of(bytes: Buffer | string): Secret {
    return new Secret(typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes);
  }

  /** Number of octets. */
  get length(): number {
    return this.#bytes?.length ?? 0;
  }

  /** The octets themselves, not a copy. @throws Error after `wipe()`. */
  bytes(): Buffer {
    if (this.#bytes === undefined) throw new Error('secret used after it was wiped');
    return this.#bytes;
  }

  /** The octets read as UTF-8. @throws Error after `wipe()`. */
  text(): string {
    return this.bytes().toString('utf8');
  }

  /** Overwrites the octets with zero. */
  wipe(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [INSPECT](): string {
    return '[secret]';
  }
}
