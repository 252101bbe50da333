/** Postfix submission with implicit TLS and Dovecot SASL, in throwaway directories. Messages stay in its incoming queue. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable } from '../programs.mjs';
import { freePort, listening, startServer } from '../process.mjs';

const [master, postfixProgram, dovecot] = ['/usr/lib/postfix/sbin/master', '/usr/sbin/postfix', '/usr/sbin/dovecot'];

/** @type {import('../subjects.mjs').Subject} */
export const postfix = {
  name: 'Postfix submission, Dovecot SASL',
  missing() {
    if (process.getuid?.() !== 0) return 'needs root';
    for (const program of [master, postfixProgram, dovecot]) if (!isExecutable(program)) return `no ${program}`;
    return undefined;
  },
  async start(setting) {
    const { directory } = setting;
    const at = (name) => join(directory, name);
    for (const name of ['etc', 'spool', 'data', 'dovecot']) mkdirSync(at(name));
    chownSync(at('data'), Number(execFileSync('id', ['-u', 'postfix'])), 0);
    const port = await freePort();
    writeFileSync(at('etc/main.cf'), mainCf(setting, at));
    writeFileSync(at('etc/master.cf'), masterCf(port));
    writeFileSync(at('dovecot-users'), `${setting.login}:{PLAIN}${setting.password}\n`);
    writeFileSync(at('dovecot.conf'), dovecotConf(at));
    chmodSync(at('dovecot-users'), 0o644);
    execFileSync(postfixProgram, ['-c', at('etc'), 'check'], { stdio: 'ignore' });
    const auth = await startServer(dovecot, ['-F', '-c', at('dovecot.conf')], { log: at('dovecot.out') });
    for (let i = 0; i < 200 && !existsSync(at('spool/private/auth')); i++) await new Promise((r) => setTimeout(r, 50));
    const server = await startServer(master, ['-c', at('etc'), '-d'], { log: at('master.out') });
    await listening(port, server);
    return {
      port,
      pids: [server.pid, auth.pid],
      async stop() {
        await server.stop();
        await auth.stop();
      },
    };
  },
};

const mainCf = ({ cert, key }, at) => `
compatibility_level = 3.6
queue_directory = ${at('spool')}
data_directory = ${at('data')}
daemon_directory = /usr/lib/postfix/sbin
myhostname = mail.example.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_tls_cert_file = ${cert}
smtpd_tls_key_file = ${key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_recipient_restrictions = permit_sasl_authenticated,reject
message_size_limit = 20000000
mailbox_size_limit = 0
# Nothing takes messages out of the queue: do not slow down for that.
in_flow_delay = 0
maillog_file = ${at('postfix.log')}
maillog_file_prefixes = /tmp, /var/tmp
`;

// pickup stands where the queue manager is expected: its scan of an empty directory costs next to nothing.
const masterCf = (port) => `
127.0.0.1:${port} inet n - n - 500 smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
qmgr unix n - n - 1 pickup
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
postlog unix-dgram n - n - 1 postlogd
`;

const dovecotConf = (at) => `
base_dir = ${at('dovecot/run')}
state_dir = ${at('dovecot')}
log_path = ${at('dovecot.log')}
protocols =
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${at('dovecot-users')}
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/
}
service auth {
  unix_listener ${at('spool/private/auth')} {
    mode = 0666
  }
}
`;
