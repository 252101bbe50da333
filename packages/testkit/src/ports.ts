/** Ports that nobody uses. */
import { createServer } from 'node:net';

/**
 * A TCP port that was free a moment ago. Somebody else may take it: bind port 0 and ask for the address wherever the
 * program under test can do that.
 */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
