/** Puts our sessions on an SMTPServer, of our own making or one that somebody already runs. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SMTPServer } from 'smtp-server';
import type { EngineHost } from '../session/engine.js';
import { BridgeConnection } from './connection.js';

type ConnectOptions = Parameters<SMTPServer['connect']>[1];

/** The connections that a mounted server has open. */
export interface Mounted {
  readonly connections: ReadonlySet<BridgeConnection>;
  /** Resolves when none is open, and every one of them has been reported. */
  idle(): Promise<void>;
}

/**
 * From now on every connection of `server` is a session of `host`. The server keeps its listening socket, its TLS
 * contexts and its PROXY header; its handlers (`onAuth`, `onData`, ...) are no longer called.
 *
 * @param reached told of every socket that has come as far as a session
 */
export function mountSession(server: SMTPServer, host: EngineHost, reached?: (socket: Socket) => void): Mounted {
  const connections = new Set<BridgeConnection>();
  const waiting: (() => void)[] = [];
  const bySession = new WeakMap<object, BridgeConnection>();

  server.connect = (socket: Socket, options?: ConnectOptions): void => {
    if (socket.destroyed) return;
    reached?.(socket);
    const connection = new BridgeConnection(server, socket, options, host, () => {
      connections.delete(connection);
      if (connections.size === 0) for (const tell of waiting.splice(0)) tell();
    });
    bySession.set(connection.session, connection);
    connections.add(connection);
    server.connections.add(connection);
    // A client that breaks off is its own affair: the session's log line says so.
    connection.on('error', () => undefined);
    connection.init();
  };

  server.onSecure = (socket: TLSSocket, session: object, callback: (error?: Error | null) => void): void => {
    bySession.get(session)?.securedBy(socket);
    callback();
  };

  return {
    connections,
    idle: () => (connections.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
