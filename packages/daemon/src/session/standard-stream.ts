/** Descriptors 0 and 1 as one stream, whatever they are: one socket (tcpserver, inetd), two pipes, a file. */
import { createReadStream, createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import type { Endpoint } from '@postern/core';

/** What an engine asks a connection about itself; the descriptors cannot be asked. */
export interface SessionStream extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export function standardStream(peer: Endpoint, local: Endpoint): SessionStream {
  const stream = sameSocket() ? new Socket({ fd: 0, readable: true, writable: true }) : pair(reader(), writer());
  const describe = (value: string | number): PropertyDescriptor => ({ value, enumerable: true, configurable: true });
  // A TLS socket above it looks through to these.
  return Object.defineProperties(stream, {
    remoteAddress: describe(peer.address),
    remotePort: describe(peer.port),
    localAddress: describe(local.address),
    localPort: describe(local.port),
  }) as Duplex as SessionStream;
}

function sameSocket(): boolean {
  const [input, output] = [fstatSync(0), fstatSync(1)];
  return input.isSocket() && output.isSocket() && input.ino === output.ino && input.dev === output.dev;
}

const isStreamed = (fd: 0 | 1): boolean => {
  const stat = fstatSync(fd);
  return stat.isSocket() || stat.isFIFO();
};

const reader = (): Readable =>
  isStreamed(0)
    ? new Socket({ fd: 0, readable: true, writable: false })
    : createReadStream('', { fd: 0, autoClose: false });

const writer = (): Writable =>
  isStreamed(1)
    ? new Socket({ fd: 1, readable: false, writable: true })
    : createWriteStream('', { fd: 1, autoClose: false });

const pair = (input: Readable, output: Writable): Duplex => new StandardStream(input, output);

/** Two descriptors as one stream, with what an engine expects of a socket besides: an idle timer, and no Nagle to switch off. */
class StandardStream extends Duplex {
  readonly #input: Readable;
  readonly #output: Writable;
  #idle = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(input: Readable, output: Writable) {
    super({ allowHalfOpen: true });
    this.#input = input;
    this.#output = output;
    input.on('data', (chunk: Buffer) => {
      this.#restart();
      if (!this.push(chunk)) input.pause();
    });
    input.on('end', () => this.push(null));
    input.on('error', (error) => this.destroy(error));
    output.on('error', (error) => this.destroy(error));
  }

  /** As Socket.setTimeout: 'timeout' after so many milliseconds without any octet; 0 is never. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.#idle = milliseconds;
    if (listener !== undefined) this.once('timeout', listener);
    this.#restart();
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  override _read(): void {
    this.#input.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#restart();
    if (this.#output.write(chunk)) done();
    else this.#output.once('drain', done);
  }

  override _final(done: () => void): void {
    this.#output.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#input.destroy();
    // What was written last (a 221, a 421) is still on its way.
    if (this.#output.writableEnded || this.#output.destroyed) done(error);
    else this.#output.end(() => done(error));
  }

  #restart(): void {
    clearTimeout(this.#timer);
    if (this.#idle > 0) this.#timer = setTimeout(() => this.emit('timeout'), this.#idle);
  }
}
