/** aiosmtpd, Python's SMTP server, with the same two programs started by os.posix_spawn. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, listening, startServer } from '../process.mjs';

const program = fileURLToPath(new URL('aiosmtpd_server.py', import.meta.url));
const python = '/usr/bin/python3';

/** @type {import('../subjects.mjs').Subject} */
export const aiosmtpd = {
  name: 'aiosmtpd',
  missing({ programs }) {
    try {
      execFileSync(python, ['-c', 'import aiosmtpd'], { stdio: 'ignore' });
    } catch {
      return 'not installed';
    }
    if (programs.checkpassword === undefined) return 'no checkpassword';
    return programs.qmailQueue === undefined ? 'no qmail-queue' : undefined;
  },
  async start({ directory, programs, cert, key }) {
    const port = await freePort();
    const options = { port, cert, key, checkpassword: programs.checkpassword, qmailQueue: programs.qmailQueue };
    const server = await startServer(python, [program, JSON.stringify(options)], {
      log: join(directory, 'aiosmtpd.log'),
    });
    await listening(port, server);
    return { port, pids: [server.pid], stop: () => server.stop() };
  },
};
