/**
 * The message between the driver, which pushes, and the queue, which pulls. Holds a bounded amount of it. Must not know the
 * octets of the wire: what comes in here is the message already.
 */
import { ClientGone, MessageFault } from '../base/message-fault.js';
import type { FaultCause } from '../base/message-fault.js';
import type { MessageSource } from '../session/services.js';

/** Octets held before the client is made to wait. */
const HIGH_WATER = 128 * 1024;

/** Whoever fills the source. */
export interface Feeder {
  /** There is room again, after `give` said that there is none. */
  resume(): void;
}

interface Reader {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(error: Error): void;
}

interface Discarder {
  left: number;
  resolve(how: 'ended' | 'too-much'): void;
  reject(error: Error): void;
}

const DONE: IteratorResult<Uint8Array, undefined> = { value: undefined, done: true };

export class PushedMessage implements MessageSource, AsyncIterator<Uint8Array, undefined> {
  readonly #feeder: Feeder;
  #chunks: Uint8Array[] = [];
  #held = 0;
  #full = false;
  #ended = false;
  #fault: Error | undefined;
  #gone = false;
  #reader: Reader | undefined;
  #discarder: Discarder | undefined;

  constructor(feeder: Feeder) {
    this.#feeder = feeder;
  }

  /** Nobody wants the rest of this message. */
  get discarding(): boolean {
    return this.#discarder !== undefined;
  }

  /** @returns false if there is no room for more */
  give(octets: Uint8Array, read: number): boolean {
    if (this.#discarder !== undefined) return this.#count(this.#discarder, read);
    if (octets.length > 0 && this.#fault === undefined) {
      const reader = this.#reader;
      if (reader !== undefined) {
        this.#reader = undefined;
        reader.resolve({ value: octets, done: false });
        return true;
      }
      this.#chunks.push(octets);
      this.#held += octets.length;
    }
    // Behind a fault there is nothing to read, and nothing is read until somebody says how much to throw away.
    this.#full = this.#held >= HIGH_WATER || this.#fault !== undefined;
    return !this.#full;
  }

  /** The message is whole. */
  finish(): void {
    this.#ended = true;
    this.#discarder?.resolve('ended');
    if (this.#chunks.length > 0 || this.#fault !== undefined) return;
    this.#reader?.resolve(DONE);
    this.#reader = undefined;
  }

  /** The message must not be taken, although it goes on. */
  condemn(cause: FaultCause): void {
    if (this.#ended || this.#fault !== undefined || this.#discarder !== undefined) return;
    this.#fail(new MessageFault(cause));
  }

  /** The client is gone, or took the message back. */
  abandon(): void {
    if (this.#gone || this.#ended) return;
    this.#gone = true;
    this.#fail(new ClientGone());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    const value = this.#chunks.shift();
    if (value !== undefined) {
      this.#held -= value.length;
      if (this.#full && this.#held < HIGH_WATER / 2) this.#resume();
      return Promise.resolve({ value, done: false });
    }
    if (this.#ended) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  /** A reader that stops early leaves the rest for `discard`. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    return Promise.resolve(DONE);
  }

  discard(octets: number): Promise<'ended' | 'too-much'> {
    if (this.#gone) return Promise.reject(new ClientGone());
    this.#chunks = [];
    this.#held = 0;
    if (this.#ended) return Promise.resolve('ended');
    return new Promise((resolve, reject) => {
      this.#discarder = { left: octets, resolve, reject };
      if (this.#full) this.#resume();
    });
  }

  #count(discarder: Discarder, read: number): boolean {
    discarder.left -= read;
    if (discarder.left < 0) discarder.resolve('too-much');
    return discarder.left >= 0;
  }

  #fail(error: Error): void {
    this.#fault = error;
    this.#chunks = [];
    this.#held = 0;
    this.#reader?.reject(error);
    this.#reader = undefined;
    this.#discarder?.reject(error);
  }

  #resume(): void {
    this.#full = false;
    this.#feeder.resume();
  }
}
