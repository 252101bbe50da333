/**
 * One connection to a directory, opened once. Knows nothing of users.
 *
 * ldapts opens a new connection by itself when the old one is gone: nobody would be bound there, and after StartTLS it
 * would be in the clear. Here a client has one connection in its life.
 */
import { connect as connectPlain, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { Client } from 'ldapts';

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly tlsOptions: ConnectionOptions;
  /** Milliseconds. */
  readonly connectTime: number;
}

export interface Directory {
  readonly client: Client;
  /** It stands, and as it was opened. */
  readonly alive: boolean;
  /** Ends it now, whatever is under way. */
  destroy(): void;
  /** Called once when it is gone. */
  onGone(callback: () => void): void;
}

// An entry and a few attributes fit many times over. ldapts itself would collect a message of any size.
const MOST_OCTETS = 4 * 1024 * 1024;

/** The connection, with TLS up where it should be. @throws Error */
export async function openDirectory(target: Target): Promise<Directory> {
  const sockets: Socket[] = [];
  let clear: Buffer[] = [];
  let gone = false;
  let onGone: () => void = () => undefined;

  const destroy = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const adopt = <T extends Socket>(socket: T): T => {
    sockets.push(socket);
    let octets = 0;
    socket.on('data', (chunk: Buffer) => {
      octets += chunk.length;
      if (octets > MOST_OCTETS) destroy();
    });
    socket.on('close', () => {
      if (!gone) onGone();
      gone = true;
      destroy();
    });
    return socket;
  };
  const once = (): void => {
    if (sockets.length > 0) throw new Error('connection lost');
  };
  const collect = (chunk: Buffer): void => {
    clear.push(chunk);
  };

  const { host, port, tls, tlsOptions, connectTime } = target;
  // SNI carries names only (RFC 6066 §3); for an address the certificate is compared with the address.
  const secure = { ...(isIP(host) === 0 ? { servername: host } : {}), ...tlsOptions, host };
  const authority = isIP(host) === 6 ? `[${host}]` : host;
  const client = new Client({
    url: `${tls === 'implicit' ? 'ldaps' : 'ldap'}://${authority}:${port}`,
    connectTimeout: connectTime,
    createConnection: () => {
      once();
      return adopt(connectPlain(port, host).on('data', collect));
    },
    createSecureConnection: (...given: unknown[]) => {
      if (tls === 'implicit') {
        once();
        return adopt(connectTls({ ...secure, port }));
      }
      const [{ socket } = {}] = given as [ConnectionOptions?];
      if (socket === undefined || sockets.length !== 1) throw new Error('connection lost');
      socket.removeListener('data', collect);
      // What comes with the answer to StartTLS, in the clear, would be read as if it had come through TLS.
      if (!isOneMessage(Buffer.concat(clear))) throw new Error('more than an answer came before TLS');
      clear = [];
      return adopt(connectTls({ ...secure, socket }));
    },
  });
  const directory: Directory = {
    client,
    get alive() {
      return !gone && client.isConnected;
    },
    destroy,
    onGone(callback) {
      onGone = callback;
      if (gone) callback();
    },
  };
  if (tls !== 'starttls') return directory;

  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no TLS within ${connectTime} ms`)), connectTime);
    });
    await Promise.race([client.startTLS({}), late]);
    return directory;
  } catch (error) {
    destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** True for exactly one message of LDAP, to its last octet (RFC 4511 §5.1: a SEQUENCE with a definite length). */
export function isOneMessage(octets: Buffer): boolean {
  const first = octets[1];
  if (octets[0] !== 0x30 || first === undefined) return false;
  if (first < 0x80) return octets.length === 2 + first;
  const size = first & 0x7f;
  if (size < 1 || size > 4 || octets.length < 2 + size) return false;
  return octets.length === 2 + size + octets.readUIntBE(2, size);
}
