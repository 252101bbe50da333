/**
 * From a list of servers to one connection. A server may be passed over only here, where it cannot have seen anything of a
 * message. Knows nothing of messages.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Clock } from '@postern/core';
import type { ServerAddress } from './server-address.js';

export type Connected =
  | { readonly outcome: 'connected'; readonly socket: Socket; readonly server: ServerAddress }
  | { readonly outcome: 'aborted' }
  /** One line with every server and what was wrong with it. */
  | { readonly outcome: 'unreachable'; readonly cause: string };

export interface ServerList {
  connect(signal: AbortSignal): Promise<Connected>;
}

export interface ServerListOptions {
  readonly servers: readonly ServerAddress[];
  /** Milliseconds for one server. */
  readonly connectTimeout: number;
  /** Milliseconds for which a server that failed is tried last. */
  readonly avoidTime: number;
  readonly clock: Clock;
}

export function serverList(options: ServerListOptions): ServerList {
  const avoidedUntil = new Map<ServerAddress, number>();

  /** The operator's order, but a server that has just failed does not cost every message its timeout. */
  function order(): ServerAddress[] {
    const now = options.clock.now();
    const avoided = (server: ServerAddress): boolean => (avoidedUntil.get(server) ?? 0) > now;
    return [...options.servers.filter((server) => !avoided(server)), ...options.servers.filter(avoided)];
  }

  return {
    async connect(signal) {
      const causes: string[] = [];
      for (const server of order()) {
        if (signal.aborted) return { outcome: 'aborted' };
        const result = await open(server, options.connectTimeout, signal);
        if (result === 'aborted') return { outcome: 'aborted' };
        if (typeof result !== 'string') {
          avoidedUntil.delete(server);
          return { outcome: 'connected', socket: result, server };
        }
        avoidedUntil.set(server, options.clock.now() + options.avoidTime);
        causes.push(`${server.label}: ${result}`);
      }
      return { outcome: 'unreachable', cause: causes.join('; ') };
    },
  };
}

/** A connected socket without listeners, or why there is none. */
function open(server: ServerAddress, timeout: number, signal: AbortSignal): Promise<Socket | string> {
  return new Promise((resolve) => {
    // The request is one write where it can be; nothing is gained by waiting for more.
    const socket = connect({ host: server.host, port: server.port, noDelay: true });
    const settle = (result: Socket | string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('connect', onConnect);
      socket.removeListener('error', onError);
      if (typeof result === 'string') {
        // An attempt that is given up may still fail later.
        socket.on('error', () => undefined);
        socket.destroy();
      }
      resolve(result);
    };
    const onConnect = (): void => settle(socket);
    const onAbort = (): void => settle('aborted');
    const onError = (error: NodeJS.ErrnoException): void => settle(error.code ?? error.message);
    const timer = setTimeout(() => settle(`no connection within ${timeout} ms`), timeout);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', onConnect);
    socket.once('error', onError);
  });
}
