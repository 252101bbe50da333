/** stunnel, tcpserver, and mailfront's smtpfront-qmail with a CVM: a chain that Debian has all of but qmail-queue. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cvmPwfile, isExecutable } from '../programs.mjs';
import { freePort, listening, startServer } from '../process.mjs';
import { haveStunnel, stunnel } from './stunnel.mjs';

const [tcpserver, front, pwfile] = ['/usr/bin/tcpserver', '/usr/sbin/smtpfront-qmail', '/usr/bin/cvm-pwfile'];

/** @type {import('../subjects.mjs').Subject} */
export const mailfront = {
  name: 'stunnel + mailfront',
  missing({ programs }) {
    if (!haveStunnel()) return 'no stunnel4';
    for (const program of [tcpserver, front, pwfile]) if (!isExecutable(program)) return `no ${program}`;
    return programs.qmailQueue === undefined ? 'no qmail-queue' : undefined;
  },
  async start(setting) {
    const { directory, programs } = setting;
    const home = existsSync('/var/qmail') ? '/var/qmail' : join(directory, 'qmail');
    if (!existsSync(home)) {
      mkdirSync(join(home, 'control'), { recursive: true });
      writeFileSync(join(home, 'control/me'), 'mail.example.test\n');
    }
    const env = {
      ...cvmPwfile(setting, directory),
      CVM_SASL_PLAIN: pwfile,
      QMAILHOME: home,
      QMAILQUEUE: programs.qmailQueue,
    };
    const behind = await freePort();
    const server = await startServer(tcpserver, ['-DHRl0', '-c', '500', '127.0.0.1', String(behind), front], {
      env,
      log: '/dev/null',
    });
    await listening(behind, server);
    const tls = await stunnel(setting, behind);
    return {
      port: tls.port,
      pids: [tls.pid, server.pid],
      async stop() {
        await tls.stop();
        await server.stop();
      },
    };
  },
};
