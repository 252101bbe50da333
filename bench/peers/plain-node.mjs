/** What one would write in Node without Postern: the npm package smtp-server, and node:child_process for both programs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, listening, startServer } from '../process.mjs';

const program = fileURLToPath(new URL('smtp-server.mjs', import.meta.url));

/** @type {import('../subjects.mjs').Subject} */
export const plainNode = {
  name: 'smtp-server + child_process',
  missing({ programs }) {
    if (!existsSync(new URL('../../node_modules/smtp-server', import.meta.url))) return 'not installed';
    if (programs.checkpassword === undefined) return 'no checkpassword';
    if (programs.qmailQueue === undefined) return 'no qmail-queue';
    return undefined;
  },
  async start({ directory, programs, cert, key }) {
    const port = await freePort();
    const options = { port, cert, key, checkpassword: programs.checkpassword, qmailQueue: programs.qmailQueue };
    const server = await startServer(process.execPath, [program, JSON.stringify(options)], {
      log: join(directory, 'smtp-server.log'),
    });
    await listening(port, server);
    return { port, pids: [server.pid], stop: () => server.stop() };
  },
};
