/** Could these be listened on? Binds each for a moment. */
import { createServer } from 'node:net';
import type { ListenSettings } from '@postern/core';

export interface PortResult {
  readonly where: string;
  /** Undefined: it is free. */
  readonly trouble?: string;
}

/** One result for each listener with a port of its own; 0 is always free. */
export function tryPorts(listeners: readonly ListenSettings[]): Promise<PortResult[]> {
  const fixed = listeners.filter((listener) => listener.port !== 0);
  return Promise.all(fixed.map(({ address = '::', port }) => tryPort(address, port)));
}

function tryPort(host: string, port: number): Promise<PortResult> {
  const where = `${host}:${port}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve({ where, trouble: explain(error.code) }));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve({ where })));
  });
}

function explain(code = 'trouble'): string {
  if (code === 'EADDRINUSE') return 'in use; by a posternd that runs already?';
  if (code === 'EACCES') return 'not for this user: ports below 1024 need root, or CAP_NET_BIND_SERVICE';
  if (code === 'EADDRNOTAVAIL') return 'this machine does not have that address';
  return code;
}
