/** Lines over a connection that can turn to TLS. Knows nothing of what they say. */
import { connect as connectPlain, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

export interface Channel {
  /** The next line, without its end. @throws Error if the connection ends first. */
  line(): Promise<string>;
  send(octets: Buffer): void;
  /** TLS from here on. @throws Error if it fails, or if anything came in the clear that should have come after it. */
  startTls(): Promise<void>;
  /** Sends the last words, and ends when the server has taken them, or after a second. */
  finish(octets: Buffer): void;
  /** Ends it now; whoever waits for a line gets an error. */
  destroy(): void;
}

export interface ChannelTarget {
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly tlsOptions: ConnectionOptions;
  /** Milliseconds for connection and TLS. */
  readonly connectTime: number;
}

// RFC 2449 §4 allows 512 octets for a line of a reply.
const LONGEST_LINE = 4_096;

/** @param signal ends the connection, whatever it is at */
export async function openChannel(target: ChannelTarget, signal: AbortSignal): Promise<Channel> {
  const { host, port, tls, connectTime } = target;
  // SNI carries names only (RFC 6066 §3); for an address the certificate is compared with the address.
  const secure = { ...(isIP(host) === 0 ? { servername: host } : {}), ...target.tlsOptions, host };
  let socket: Socket = tls === 'implicit' ? connectTls({ ...secure, port }) : connectPlain(port, host);
  let buffer: Buffer = Buffer.alloc(0);
  let failure: Error | undefined;
  let waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;

  const fail = (error: Error): void => {
    failure ??= error;
    socket.destroy();
    waiting?.reject(failure);
    waiting = undefined;
  };
  const take = (): string | undefined => {
    const end = buffer.indexOf(0x0a);
    if (end < 0) return undefined;
    const line = buffer.subarray(0, end).toString('latin1');
    buffer = buffer.subarray(end + 1);
    return line.replace(/\r$/, '');
  };
  const read = (octets: Buffer): void => {
    buffer = buffer.length === 0 ? octets : Buffer.concat([buffer, octets]);
    // A server that sends on and on is read no faster than it is listened to.
    if (waiting === undefined) socket.pause();
    else {
      const line = take();
      if (line !== undefined) {
        waiting.resolve(line);
        waiting = undefined;
      } else if (buffer.length > LONGEST_LINE) fail(new Error('a line without an end'));
    }
  };
  const listen = (): void => {
    socket.on('data', read);
    socket.on('error', fail);
    socket.on('end', () => fail(new Error('the server closed the connection')));
    socket.on('close', () => fail(new Error('connection closed')));
  };
  listen();
  const abort = (): void => fail(new Error('given up'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  await connected(socket, tls === 'implicit' ? 'secureConnect' : 'connect', connectTime);

  return {
    line() {
      const line = take();
      if (line !== undefined) return Promise.resolve(line);
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.resume();
      });
    },
    send(octets) {
      if (failure === undefined) socket.write(octets);
    },
    async startTls() {
      const plain = socket;
      plain.removeAllListeners('data');
      plain.removeAllListeners('end');
      // RFC 2595 §4: what came behind the reply came from somebody in between.
      if (buffer.length > 0 || plain.readableLength > 0) throw new Error('more than a reply came before TLS');
      socket = connectTls({ ...secure, socket: plain });
      listen();
      await connected(socket, 'secureConnect', connectTime);
    },
    finish(octets) {
      signal.removeEventListener('abort', abort);
      failure ??= new Error('closed');
      const last = socket;
      const timer = setTimeout(() => last.destroy(), 1_000);
      timer.unref();
      last.once('close', () => clearTimeout(timer));
      last.removeListener('data', read);
      last.end(octets);
      last.resume();
    },
    destroy() {
      signal.removeEventListener('abort', abort);
      fail(new Error('closed'));
    },
  };
}

function connected(socket: Socket, event: 'connect' | 'secureConnect', connectTime: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no connection within ${connectTime} ms`));
    }, connectTime);
    socket.once(event, () => {
      clearTimeout(timer);
      resolve();
    });
    const fail = (error?: Error): void => {
      clearTimeout(timer);
      reject(error ?? new Error('connection closed'));
    };
    socket.once('error', fail);
    socket.once('close', () => fail());
  });
}
