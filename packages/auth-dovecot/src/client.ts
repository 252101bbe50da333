/** Keeps connections to Dovecot, and gets them back when Dovecot was away. Knows no request. */
import { openConnection } from './connection.js';
import type { AuthConnection } from './connection.js';
import type { ListedMechanism } from './protocol.js';
import type { DovecotSettings } from './options.js';

export interface AuthClient {
  /** A connection that stands, in turn. @throws Error at once while Dovecot is known to be away. */
  connection(): Promise<AuthConnection>;
  /** What Dovecot listed last, and still while it is away; empty before the first handshake. */
  readonly mechanisms: readonly ListedMechanism[];
  close(): void;
}

type ClientSettings = Pick<DovecotSettings, 'socket' | 'connections' | 'connectTime' | 'retryFirst' | 'retryMost'>;

export function authClient(settings: ClientSettings): AuthClient {
  let mechanisms: readonly ListedMechanism[] = [];
  let closed = false;
  let turn = 0;

  const slots = Array.from({ length: settings.connections }, () => {
    let standing: AuthConnection | undefined;
    let connecting: Promise<AuthConnection> | undefined;
    let failures = 0;
    let cause = '';
    let timer: NodeJS.Timeout | undefined;

    const retryLater = (): void => {
      if (closed) return;
      clearTimeout(timer);
      const delay = Math.min(settings.retryMost, settings.retryFirst * 2 ** (failures - 1));
      timer = setTimeout(() => void connect().catch(() => undefined), failures === 0 ? 0 : delay);
      timer.unref();
    };

    const connect = (): Promise<AuthConnection> => {
      if (standing?.alive === true) return Promise.resolve(standing);
      connecting ??= openConnection(settings.socket, settings.connectTime, () => {
        standing = undefined;
        // The mechanisms may be others when it comes back, so it is not left to the next client to find out.
        retryLater();
      })
        .then((connection) => {
          if (closed) connection.close();
          standing = connection;
          mechanisms = connection.mechanisms;
          failures = 0;
          return connection;
        })
        .catch((error: unknown) => {
          failures++;
          cause = error instanceof Error ? error.message : String(error);
          retryLater();
          throw error;
        })
        .finally(() => {
          connecting = undefined;
        });
      return connecting;
    };

    return {
      get(): Promise<AuthConnection> {
        // Waiting for a server that is away, once for every client, would be a flood when it comes back.
        if (failures > 0 && connecting === undefined) return Promise.reject(new Error(cause));
        return connect();
      },
      close(): void {
        clearTimeout(timer);
        standing?.close();
      },
    };
  });

  return {
    connection() {
      if (closed) return Promise.reject(new Error('closed'));
      turn = (turn + 1) % slots.length;
      return slots[turn]?.get() ?? Promise.reject(new Error('no connection'));
    },
    get mechanisms() {
      return mechanisms;
    },
    close() {
      closed = true;
      for (const slot of slots) slot.close();
    },
  };
}
