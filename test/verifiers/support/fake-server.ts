/** Servers that do what no real one can be made to do. On loopback, ended with `close`. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { freePort, tempDir } from '@postern/testkit';

export interface FakeServer {
  /** 0 if it listens on a path. */
  readonly port: number;
  readonly path: string;
  /** How many connections have come so far. */
  readonly connections: number;
  /** How many of them are open. */
  readonly open: number;
  /** Everything that came, as latin1. */
  received(): string;
  close(): Promise<void>;
}

interface FakeServerOptions {
  /** TLS from the first octet. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** A unix socket instead of a port. */
  readonly unix?: boolean;
}

export function fakeServer(talk: (socket: Socket) => void, options: FakeServerOptions = {}): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let received = '';
  const accept = (socket: Socket): void => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (octets: Buffer) => {
      received += octets.toString('latin1');
    });
    talk(socket);
  };
  const server: Server = options.tls === undefined ? createServer(accept) : createTlsServer(options.tls, accept);
  server.on('tlsClientError', () => undefined);
  const dir = options.unix === true ? tempDir('postern-fake-') : undefined;
  const path = dir?.file('socket') ?? '';
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const ready = (): void => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : 0,
        path,
        get connections() {
          return connections;
        },
        get open() {
          return sockets.size;
        },
        received: () => received,
        close: () =>
          new Promise((closed) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => {
              dir?.remove();
              closed();
            });
          }),
      });
    };
    if (dir === undefined) server.listen(0, '127.0.0.1', ready);
    else server.listen(path, ready);
  });
}

/**
 * A server for line protocols: says `greeting`, then what `answer` gives for every line. An answer is written as it
 * stands; `undefined` says nothing.
 */
export const lineServer = (
  greeting: string,
  answer: (line: string, socket: Socket) => string | undefined,
  options: FakeServerOptions = {},
): Promise<FakeServer> =>
  fakeServer((socket) => {
    let rest = '';
    if (greeting !== '') socket.write(greeting, 'latin1');
    socket.on('data', (octets: Buffer) => {
      const lines = (rest + octets.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const text = answer(line.replace(/\r$/, ''), socket);
        if (text !== undefined && socket.writable) socket.write(text, 'latin1');
      }
    });
  }, options);

/** Ways in which any server can be broken, whatever it should speak. Each is an outage and nobody's wrong password. */
export const brokenServers: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['says nothing', () => undefined],
  ['hangs up at once', (socket) => socket.end()],
  ['resets at once', (socket) => (socket.remoteAddress === undefined ? socket.destroy() : socket.resetAndDestroy())],
  ['hangs up at the first octet', (socket) => void socket.once('data', () => socket.end())],
  ['speaks HTTP', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
  [
    'sends octets without meaning',
    (socket) => void socket.write(Buffer.from(Array.from({ length: 2048 }, (_, i) => (i * 7919) % 251))),
  ],
  ['never stops sending', (socket) => flood(socket, Buffer.alloc(65_536, 'x'))],
  ['never stops sending lines', (socket) => flood(socket, Buffer.from('* x\r\n'.repeat(1000)))],
];

function flood(socket: Socket, octets: Buffer): void {
  const push = (): void => {
    while (!socket.destroyed && socket.writable && socket.write(octets));
  };
  socket.on('drain', push);
  push();
}

/** A port where nobody listens. */
export const deadPort = freePort;
