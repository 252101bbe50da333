/** stunnel in front of a server that speaks plain SMTP. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable } from '../programs.mjs';
import { freePort, listening, startServer } from '../process.mjs';

const program = '/usr/bin/stunnel4';
export const haveStunnel = () => isExecutable(program);

/** @param {import('../subjects.mjs').Setting} setting @param {number} behind */
export async function stunnel({ directory, cert, key }, behind) {
  const port = await freePort();
  const lines = [
    'foreground = yes',
    'debug = 3',
    'syslog = no',
    'pid =',
    'socket = l:TCP_NODELAY=1',
    'socket = r:TCP_NODELAY=1',
    '[smtp]',
    `accept = 127.0.0.1:${port}`,
    `connect = 127.0.0.1:${behind}`,
    `cert = ${cert}`,
    `key = ${key}`,
  ];
  const file = join(directory, 'stunnel.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const server = await startServer(program, [file], { log: join(directory, 'stunnel.log') });
  await listening(port, server);
  return { port, pid: server.pid, stop: () => server.stop() };
}
