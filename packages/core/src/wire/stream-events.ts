/**
 * Listens to a stream on behalf of its owner, with the same few functions for every stream: thousands of idle sessions are
 * not to hold six closures each. A stream always has an `error` listener; why it broke is of no interest here.
 */
import type { Duplex } from 'node:stream';

/** Who is told. */
export interface StreamOwner {
  received(chunk: Buffer): void;
  /** The client has ended its side. */
  streamEnded(): void;
  streamDrained(): void;
  /** Told once at least. */
  streamClosed(): void;
  /** TLS is up. */
  streamSecured(): void;
}

const owner = Symbol('owner');
type Owned = Duplex & { [owner]?: StreamOwner | undefined };

function onData(this: Owned, chunk: Buffer): void {
  this[owner]?.received(chunk);
}
function onEnd(this: Owned): void {
  this[owner]?.streamEnded();
}
function onDrain(this: Owned): void {
  this[owner]?.streamDrained();
}
function onClose(this: Owned): void {
  this[owner]?.streamClosed();
}
function onSecure(this: Owned): void {
  this.removeListener('secure', onSecure);
  this[owner]?.streamSecured();
}
/** A TLS error after the handshake: Node tells it here, and leaves the socket open (RFC 8446 §6.2 has it closed). */
function onTlsError(this: Owned): void {
  this.destroy();
}
function ignore(): void {
  // The stream closes, and that is heard.
}

export function attach(stream: Duplex, to: StreamOwner): void {
  (stream as Owned)[owner] = to;
  stream.on('data', onData);
  stream.on('end', onEnd);
  stream.on('drain', onDrain);
  stream.on('close', onClose);
  stream.on('error', ignore);
}

export function attachTls(stream: Duplex): void {
  stream.on('secure', onSecure);
  stream.on('_tlsError', onTlsError);
}

/** From now on the owner hears of the end of the stream alone. */
export function detach(stream: Duplex): void {
  stream.removeListener('data', onData);
  stream.removeListener('end', onEnd);
  stream.removeListener('drain', onDrain);
}

/** The stream is somebody else's now (TLS took it over), and its errors are heard there. */
export function silence(stream: Duplex): void {
  (stream as Owned)[owner] = undefined;
  stream.removeListener('close', onClose);
}
