/** A bound address whose connections are sessions of one host. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { plainAddress } from '../base/address-key.js';
import type { EngineHost, EngineListener, ListenAddress } from '../session/engine.js';
import { Connection } from './connection.js';
import { Pool, tickFor } from './pool.js';

export const poolFor = (host: EngineHost): Pool => new Pool({ tick: tickFor(Object.values(host.timeouts)) });

/** @throws Error (rejects) if the address cannot be bound. */
export async function listen(host: EngineHost, where: ListenAddress): Promise<EngineListener> {
  const pool = poolFor(host);
  // A client may end its side and still wait for the reply. Replies must not wait for acknowledgements (RFC 896).
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(host, socket, pool));
  await bind(server, where);
  const bound = server.address() as AddressInfo;
  return {
    bound: { address: bound.address, port: bound.port },
    get connections() {
      return pool.size;
    },
    close: (deadline) => close(server, pool, deadline),
  };
}

function accept(host: EngineHost, socket: Socket, pool: Pool): void {
  const meta = {
    peer: { address: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 },
    local: { address: plainAddress(socket.localAddress), port: socket.localPort ?? 0 },
  };
  new Connection(host, socket, meta, pool).begin();
}

async function bind(server: Server, where: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where.port, where.address, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  // An accept that failed (no descriptor left) is no reason to stop listening.
  server.on('error', () => undefined);
}

async function close(server: Server, pool: Pool, deadline: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  pool.drain();
  const timer = setTimeout(() => pool.destroy(), deadline);
  await pool.empty();
  clearTimeout(timer);
  await closed;
}
