/** The engine on the npm package smtp-server: listeners, limits from accept, and an orderly end. */
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { plainAddress } from '../base/address-key.js';
import type { Engine, EngineHost, EngineListener, ListenAddress } from '../session/engine.js';
import { mountSession } from './mount.js';
import type { Mounted } from './mount.js';
import type { SessionEvent } from '../ports/observer.js';

/** Line limit of the package's parser: one AUTH line (RFC 4954 §4) and then some; beyond it the connection ends. */
const MOST_COMMAND_OCTETS = 16 * 1024;

/** The bridge as an engine. It has no BDAT, and understands PROXY v1 only. */
export function smtpServerEngine(): Engine {
  return {
    name: 'smtp-server',
    chunking: false,
    listen: (host, where) => listen(host, where),
    handle(host, stream) {
      const server = createServer(host);
      mountSession(server, host);
      return new Promise((resolve) => {
        stream.once('close', resolve);
        // The package asks no more of it than a Duplex has.
        server.connect(stream as unknown as Parameters<SMTPServer['connect']>[0]);
      });
    },
  };
}

function createServer(host: EngineHost): SMTPServer {
  const { certificates } = host;
  const server = new SMTPServer({
    // The package would print its own debug lines, AUTH text among them.
    logger: false,
    secure: host.tls === 'implicit',
    disableReverseLookup: true,
    hideSTARTTLS: true,
    maxCommandLength: MOST_COMMAND_OCTETS,
    socketTimeout: host.timeouts.command,
    useProxy: true,
    ...(certificates === undefined
      ? {}
      : {
          SNICallback: (servername: string, callback: (error: Error | null, context?: unknown) => void): void =>
            callback(null, certificates.forName(servername)),
        }),
  } as ConstructorParameters<typeof SMTPServer>[0]);
  // Without SNI the package takes the context named "*", so it has to be the current one at every handshake.
  if (certificates !== undefined) {
    const contexts = server.secureContext;
    contexts.get = (name: string) => (name === '*' ? certificates.fallback() : undefined);
  }
  server._expectsProxyHeader = (socket: Socket): boolean => host.trustsProxy(plainAddress(socket.remoteAddress));
  // A client's failed handshake is its own affair, but worth a line; nothing here ends the process.
  server.on('error', (error: Error & { meta?: { remoteAddress?: string } }) => {
    const address = plainAddress(error.meta?.remoteAddress);
    if (error.meta !== undefined) host.services.observer.observe(failedHandshake(host, address));
  });
  return server;
}

function failedHandshake(host: EngineHost, address: string): SessionEvent {
  return {
    event: 'session',
    sessionId: host.newSessionId(),
    listener: host.listener,
    peer: { address, port: 0 },
    local: { address: '', port: 0 },
    ended: 'tls-failed',
    messages: 0,
    milliseconds: 0,
  };
}

// Sockets that have not reached their session yet, and how to stop their clock.
const begun = new WeakMap<object, () => void>();

/** Below TLS: node:tls keeps the socket that it was put on. */
const rawSocket = (socket: Socket): object => (socket as { _parent?: Socket })._parent ?? socket;

async function listen(host: EngineHost, where: ListenAddress): Promise<EngineListener> {
  const server = createServer(host);
  const mounted = mountSession(server, host, (socket) => begun.get(rawSocket(socket))?.());
  countFromAccept(server, host);
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(where.port, where.address, () => {
      server.server.removeListener('error', reject);
      resolve();
    });
  });
  const bound = server.server.address() as AddressInfo;
  return {
    bound: { address: bound.address, port: bound.port },
    get connections() {
      return mounted.connections.size;
    },
    close: (deadline) => close(server, mounted, deadline),
  };
}

/**
 * Before PROXY header and handshake: a thousand silent sockets are counted like any others. The package never sees a
 * socket that is refused: it would put TLS on one that is destroyed already, and that ends the process (Node 20).
 */
function countFromAccept(server: SMTPServer, host: EngineHost): void {
  const [accept] = server.server.listeners('connection');
  server.server.removeAllListeners('connection');
  server.server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined);
    const place = host.limits.enter(plainAddress(socket.remoteAddress));
    if (place === undefined) {
      socket.destroy();
      return;
    }
    socket.once('close', () => place.leave());
    boundTheBeginning(server, socket, host);
    accept?.call(server.server, socket);
  });
}

/** PROXY header and TLS handshake have their own time, which is shorter than the package's one timeout. */
function boundTheBeginning(server: SMTPServer, socket: Socket, host: EngineHost): void {
  const proxied = host.trustsProxy(plainAddress(socket.remoteAddress));
  if (!proxied && host.tls !== 'implicit') return;
  const { proxy, handshake } = host.timeouts;
  const most = (proxied ? proxy : 0) + (host.tls === 'implicit' ? handshake : 0);
  // The topmost socket: to tear TLS down from below in mid-handshake ends the process (Node 20).
  const timer = setTimeout(() => (server._pendingSockets.get(socket) ?? socket).destroy(), most);
  begun.set(socket, () => clearTimeout(timer));
  socket.once('close', () => clearTimeout(timer));
}

async function close(server: SMTPServer, mounted: Mounted, deadline: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.server.close(() => resolve()));
  server._pendingSockets.forEach((socket) => socket.destroy());
  for (const connection of mounted.connections) connection.drain();
  const timer = setTimeout(() => {
    for (const connection of mounted.connections) connection.destroy();
  }, deadline);
  await Promise.all([closed, mounted.idle()]);
  clearTimeout(timer);
}
