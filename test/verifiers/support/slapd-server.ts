/** A real slapd with a directory and ports of its own. */
import { existsSync, mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { findPeer, freePort, runProgram, startProgram, tempDir, throwawayCa, waitFor } from '@postern/testkit';

export interface SlapdServer {
  readonly host: '127.0.0.1';
  /** Plain and StartTLS. */
  readonly port: number;
  /** TLS from the first octet. */
  readonly tlsPort: number;
  readonly caPem: string;
  readonly base: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  halt(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const BASE = 'dc=example,dc=com';
const ADMIN = `cn=admin,${BASE}`;
const ADMIN_PASSWORD = 'admin-secret';

const MODULES = '/usr/lib/ldap';

/** @param ldif entries below `ou=people,dc=example,dc=com`, which exists */
export async function startSlapd(ldif: string): Promise<SlapdServer> {
  const slapd = findPeer('slapd')?.path ?? 'slapd';
  const slapadd = findPeer('slapadd')?.path ?? 'slapadd';
  const dir = tempDir('postern-slapd-');
  const ca = await throwawayCa();
  const { cert, key } = await ca.issue();
  dir.write('cert.pem', cert);
  dir.write('key.pem', key, 0o600);
  mkdirSync(dir.file('db'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const modules = existsSync(`${MODULES}/back_mdb.la`) ? `modulepath ${MODULES}\nmoduleload back_mdb.la\n` : '';
  const config = dir.write(
    'slapd.conf',
    `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile ${dir.file('pid')}
argsfile ${dir.file('args')}
TLSCACertificateFile ${ca.caFile}
TLSCertificateFile ${dir.file('cert.pem')}
TLSCertificateKeyFile ${dir.file('key.pem')}
${modules}database mdb
suffix "${BASE}"
rootdn "${ADMIN}"
rootpw ${ADMIN_PASSWORD}
directory ${dir.file('db')}
access to attrs=userPassword by anonymous auth by * none
access to dn.base="uid=blind,ou=people,${BASE}" by anonymous auth by * none
access to * by * read
`,
  );
  const entries = dir.write(
    'entries.ldif',
    `dn: ${BASE}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,${BASE}
objectClass: organizationalUnit
ou: people

${ldif}
`,
  );
  const loaded = await runProgram(slapadd, { args: ['-q', '-f', config, '-l', entries] });
  if (loaded.code !== 0) throw new Error(`slapadd: ${loaded.stderr}`);

  let running: Awaited<ReturnType<typeof startProgram>> | undefined;
  const start = async (): Promise<void> => {
    const urls = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/`;
    // -d 0 keeps it in the foreground.
    running = await startProgram(slapd, { args: ['-d', '0', '-f', config, '-h', urls] });
    let ended = false;
    void running.ended.then(() => {
      ended = true;
    });
    await waitFor('slapd listening', () => {
      if (ended) throw new Error(`slapd ended: ${running?.stderr() ?? ''}`);
      return connects(tlsPort);
    });
  };
  const halt = async (): Promise<void> => {
    await running?.stop(10_000);
    running = undefined;
  };
  await start();
  return {
    host: '127.0.0.1',
    port,
    tlsPort,
    caPem: ca.caPem,
    base: BASE,
    adminDn: ADMIN,
    adminPassword: ADMIN_PASSWORD,
    start,
    halt,
    async stop() {
      await halt();
      dir.remove();
    },
  };
}

/** One person, as LDIF. */
export const person = (uid: string, password: string | undefined, more: readonly string[] = []): string =>
  [
    `dn: uid=${uid},ou=people,${BASE}`,
    'objectClass: inetOrgPerson',
    'objectClass: posixAccount',
    // Numbers that a test wants otherwise come with `more`.
    ...(more.some((line) => line.startsWith('uidNumber')) ? [] : ['uidNumber: 1000']),
    'gidNumber: 100',
    `homeDirectory: /home/${uid}`,
    'cn: Person',
    'sn: Person',
    ...(password === undefined ? [] : [`userPassword:: ${Buffer.from(password).toString('base64')}`]),
    ...more,
    '',
    '',
  ].join('\n');

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
