/** A real Dovecot with a configuration, a directory and ports of its own. */
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { findPeer, freePort, startProgram, tempDir, throwawayCa, waitFor } from '@postern/testkit';
import { withPamDirectory } from './pam.js';

export interface DovecotServer {
  readonly host: '127.0.0.1';
  /** The same server at an address that it does not take for its own machine, as it does `host`. */
  readonly elsewhere: '127.0.0.2';
  readonly imap: number;
  readonly imaps: number;
  readonly pop3: number;
  readonly pop3s: number;
  /** Path of the socket of the authentication service. */
  readonly authSocket: string;
  readonly caPem: string;
  readonly caFile: string;
  log(): string;
  /** Ends it and starts it again, with the same users, ports and socket. */
  restart(): Promise<void>;
  /** Ends it; `start` brings it back. */
  halt(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

export interface DovecotUser {
  readonly login: string;
  readonly password: string;
  /** Passdb extra fields, `nologin=y` for example. */
  readonly extra?: string;
}

export interface DovecotSettings {
  readonly users: readonly DovecotUser[];
  /** `auth_mechanisms`. */
  readonly mechanisms?: string;
  /** More lines of dovecot.conf: further passdbs, for example. They come before the file of users. */
  readonly config?: string;
  /** A directory that it sees as /etc/pam.d. */
  readonly pamDirectory?: string;
}

/** Logins that begin like this meet a passdb that is out of order. */
export const TEMPFAIL = 'tempfail';

/** Dovecot 2.3, as Debian has it. Needs root: its own processes change user. */
export async function startDovecot(settings: DovecotSettings): Promise<DovecotServer> {
  const program = findPeer('dovecot')?.path ?? 'dovecot';
  const dir = tempDir('postern-dovecot-');
  const ca = await throwawayCa();
  const { cert, key } = await ca.issue();
  dir.write('cert.pem', cert);
  dir.write('key.pem', key, 0o600);
  const [imap, imaps, pop3, pop3s] = [await freePort(), await freePort(), await freePort(), await freePort()];
  for (const name of ['run', 'mail']) mkdirSync(dir.file(name));
  chownSync(dir.file('mail'), 65534, 65534);
  // login:password:uid:gid:gecos:home:shell:extra fields
  const line = (user: DovecotUser): string => `${user.login}:{PLAIN}${user.password}::::::${user.extra ?? ''}\n`;
  dir.write('users', settings.users.map(line).join(''));
  // checkpassword's exit 111 is a temporary failure. (A file of users that is missing is none: Dovecot 2.3 says "unknown
  // user" then.)
  const outOfOrder = dir.write('out-of-order', '#!/bin/sh\nexit 111\n', 0o755);
  const config = dir.write(
    'dovecot.conf',
    `
base_dir = ${dir.file('run')}
state_dir = ${dir.file('run')}
log_path = ${dir.file('log')}
auth_verbose = yes
protocols = imap pop3
listen = 127.0.0.1 127.0.0.2
ssl = yes
ssl_cert = <${dir.file('cert.pem')}
ssl_key = <${dir.file('key.pem')}
disable_plaintext_auth = yes
auth_mechanisms = ${settings.mechanisms ?? 'plain login cram-md5 apop'}
auth_username_chars =
auth_failure_delay = 0
mail_location = maildir:${dir.file('mail')}/%u
mail_max_userip_connections = 100
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = ${pop3s}
    ssl = yes
  }
}
service auth {
  unix_listener auth-client {
    mode = 0666
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
passdb {
  driver = checkpassword
  args = ${outOfOrder}
  username_filter = ${TEMPFAIL}*
}
${settings.config ?? ''}
passdb {
  driver = passwd-file
  args = ${dir.file('users')}
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=${dir.file('mail')}/%u
}
`,
  );
  const authSocket = dir.file('run/auth-client');
  let running: Awaited<ReturnType<typeof startProgram>> | undefined;

  const start = async (): Promise<void> => {
    const [path, ...args] = withPamDirectory(settings.pamDirectory, [program, '-F', '-c', config]);
    running = await startProgram(path, { args });
    let ended = false;
    void running.ended.then(() => {
      ended = true;
    });
    await waitFor('dovecot listening', async () => {
      if (ended) throw new Error(`dovecot ended: ${running?.stderr() ?? ''}`);
      return (await connects(imap)) && (await connects(pop3)) && (await connects(authSocket));
    });
  };
  const halt = async (): Promise<void> => {
    await running?.stop(10_000);
    running = undefined;
  };
  await start();

  return {
    host: '127.0.0.1',
    elsewhere: '127.0.0.2',
    imap,
    imaps,
    pop3,
    pop3s,
    authSocket,
    caPem: ca.caPem,
    caFile: ca.caFile,
    log: () => readFileSync(dir.file('log'), 'utf8'),
    start,
    halt,
    async restart() {
      await halt();
      await start();
    },
    async stop() {
      await halt();
      dir.remove();
    },
  };
}

function connects(where: number | string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof where === 'number' ? createConnection(where, '127.0.0.1') : createConnection({ path: where });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
