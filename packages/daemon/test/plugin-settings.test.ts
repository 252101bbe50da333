/** Every option of every package here can be written in the file, in the file's words, and arrives as its factory wants it. */
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, createQueue, createVerifier } from '../src/index.js';
import { pluginSettings } from '../src/config/plugin-settings.js';

const place = { file: 'posternd.toml', directory: '/etc/postern' };
const PEM = '-----BEGIN CERTIFICATE-----';

interface Case {
  readonly use: string;
  readonly toml: string;
  readonly arrives: Readonly<Record<string, unknown>>;
  /** Keys that cannot stand beside the others, or have no place in a file. */
  readonly besides?: readonly string[];
}

const remote = `host = "mail.example.com"
port = 10143
tls = "starttls"
ca = "ca.pem"
servername = "mail.example.com"
reject-unauthorized = false
connect-time = "2s"
deadline = "1m"
concurrency = 3
waiting = 4
[hosts]
"192.0.2.1" = "one.example.com"
"2001:db8::1" = "two-and-more.example.com"`;

const remoteArrives = {
  host: 'mail.example.com',
  port: 10_143,
  tls: 'starttls',
  ca: '/etc/postern/ca.pem',
  servername: 'mail.example.com',
  rejectUnauthorized: false,
  connectTime: 2000,
  deadline: 60_000,
  concurrency: 3,
  waiting: 4,
  hosts: { '192.0.2.1': 'one.example.com', '2001:db8::1': 'two-and-more.example.com' },
};

const verifiers: readonly Case[] = [
  { use: 'imap', toml: `method = "plain"\n${remote}`, arrives: { ...remoteArrives, method: 'plain' } },
  {
    use: 'pop3',
    toml: `method = "apop"\nin-use = "unavailable"\n${remote}`,
    arrives: { ...remoteArrives, method: 'apop', inUse: 'unavailable' },
  },
  {
    use: 'ldap',
    toml: `pool = 2
idle-time = "20s"
${remote}
[search]
base = "ou=people,dc=example,dc=com"
filter = "(uid={login})"
scope = "one"
bind-dn = "cn=postern"
bind-password = "secret"
bind-password-file = "ldap.password"
[attributes]
login = "uid"
addresses = ["mail", "mailAlternateAddress"]
uid = "uidNumber"
gid = "gidNumber"
home = "homeDirectory"
message-size = "mailSizeMax"
recipients = "mailRecipientsMax"`,
    arrives: {
      ...remoteArrives,
      pool: 2,
      idleTime: 20_000,
      search: {
        base: 'ou=people,dc=example,dc=com',
        filter: '(uid={login})',
        scope: 'one',
        bindDn: 'cn=postern',
        bindPassword: 'secret',
        bindPasswordFile: '/etc/postern/ldap.password',
      },
      attributes: {
        login: 'uid',
        addresses: ['mail', 'mailAlternateAddress'],
        uid: 'uidNumber',
        gid: 'gidNumber',
        home: 'homeDirectory',
        messageSize: 'mailSizeMax',
        recipients: 'mailRecipientsMax',
      },
    },
    besides: ['user-dn'],
  },
  {
    use: 'dovecot',
    toml: `socket = "auth-client"
service = "submission"
mechanisms = ["PLAIN", "SCRAM-SHA-256"]
connections = 2
connect-time = "1s"
deadline = 5000
retry-first = "50ms"
retry-most = "5s"
request-limit = "16KiB"
concurrency = 3
waiting = 4
[fields]
addresses = "sender_addresses"
home = "home"
uid = "uid"
gid = "gid"`,
    arrives: {
      socket: '/etc/postern/auth-client',
      service: 'submission',
      mechanisms: ['PLAIN', 'SCRAM-SHA-256'],
      connections: 2,
      connectTime: 1000,
      deadline: 5000,
      retryFirst: 50,
      retryMost: 5000,
      requestLimit: 16_384,
      concurrency: 3,
      waiting: 4,
      fields: { addresses: 'sender_addresses', home: 'home', uid: 'uid', gid: 'gid' },
    },
  },
  {
    use: 'command',
    toml: `program = ["./pam-helper", "./not-a-path"]
cwd = "."
password-fd = 0
password-end = "newline"
accepted = [0, 10]
rejected = [1, 2]
cram = true
deadline = "10s"
concurrency = 3
waiting = 4
[env]
some_thing_LIKE_this = "x"`,
    arrives: {
      program: ['/etc/postern/pam-helper', './not-a-path'],
      cwd: '/etc/postern',
      passwordFd: 0,
      passwordEnd: 'newline',
      accepted: [0, 10],
      rejected: [1, 2],
      cram: true,
      deadline: 10_000,
      concurrency: 3,
      waiting: 4,
      env: { some_thing_LIKE_this: 'x' },
    },
  },
  {
    use: 'checkpassword',
    toml: `program = ["../bin/checkpassword", "true"]
flavour = "cvm"
cram = "challenge-response"
request-limit = 600
deadline = "10s"
concurrency = 3
waiting = 4
cwd = "/"
[env]
PATH = "/bin"`,
    arrives: {
      program: ['/etc/bin/checkpassword', 'true'],
      flavour: 'cvm',
      cram: 'challenge-response',
      requestLimit: 600,
      deadline: 10_000,
      concurrency: 3,
      waiting: 4,
      cwd: '/',
      env: { PATH: '/bin' },
    },
  },
  {
    use: 'file',
    toml: `path = "users"\nlogin-case = "ignore"\nconcurrency = 3\nwaiting = 4`,
    arrives: { path: '/etc/postern/users', loginCase: 'ignore', concurrency: 3, waiting: 4 },
    besides: ['on-fault'],
  },
];

const queues: readonly Case[] = [
  {
    use: 'qmqp',
    toml: `servers = ["192.0.2.1", "[2001:db8::1]:6280"]
connect-timeout = "5s"
timeout = "30s"
exchange-timeout = "20m"
avoid-time = "0s"
memory = "128KiB"
spool-directory = "spool"
concurrency = 3
waiting = 4`,
    arrives: {
      servers: ['192.0.2.1', '[2001:db8::1]:6280'],
      connectTimeout: 5000,
      timeout: 30_000,
      exchangeTimeout: 1_200_000,
      avoidTime: 0,
      memory: 131_072,
      spoolDirectory: '/etc/postern/spool',
      concurrency: 3,
      waiting: 4,
    },
  },
];

const read = (use: string, toml: string) =>
  pluginSettings({ ...parse(toml), use }, 'auth.verifier[0]', place.directory);

/** The keys that a package names when it is given one that it does not know. */
async function known(use: string, made: (settings: ReturnType<typeof read>) => Promise<unknown>): Promise<string[]> {
  const { toml } = [...verifiers, ...queues].find((one) => one.use === use) ?? { toml: '' };
  const settings = read(use, toml.replace(/ca = .*\n/, ''));
  const { search: _search, ...rest } = settings.options;
  // LDAP can be asked with a template alone as well: nothing else is wrong then but the key.
  const options = use === 'ldap' ? { ...rest, userDn: 'uid={login}' } : rest;
  const error: unknown = await made({ ...settings, options: { ...options, nonsense: 1 } }).catch((e: unknown) => e);
  if (!(error instanceof ConfigurationError)) throw new Error(`${use} takes nonsense`);
  expect(error.found).toBe('an unknown key');
  return error.allowed.split(', ');
}

describe.each([...verifiers, ...queues])('options of $use', ({ use, toml, arrives, besides = [] }) => {
  const make = (settings: ReturnType<typeof read>) =>
    queues.some((one) => one.use === use) ? createQueue(settings, place) : createVerifier(settings, place);

  it('arrive as they are meant', () => {
    expect(read(use, toml).options).toEqual(arrives);
  });

  it('are all there', async () => {
    expect([...Object.keys(parse(toml)), ...besides].sort()).toEqual((await known(use, make)).sort());
  });
});

describe('options', () => {
  it.each(verifiers.filter(({ use }) => use !== 'file' && use !== 'ldap'))('of $use are to its liking', async (one) => {
    const settings = read(one.use, one.toml.replace(/ca = .*\n/, ''));
    const verifier = await createVerifier(settings, place);
    await verifier.close?.();
    expect(verifier.checks.size).toBeGreaterThan(0);
  });

  it('of ldap are to its liking, with one of the two passwords', async () => {
    const [ldap] = verifiers.filter(({ use }) => use === 'ldap');
    const settings = read('ldap', (ldap?.toml ?? '').replace(/ca = .*\n/, '').replace(/bind-password-file.*\n/, ''));
    const verifier = await createVerifier(settings, place);
    await verifier.close?.();
    expect(verifier.name).toBe('ldap');
  });

  it('may hold the text of an authority instead of its path', () => {
    expect(read('imap', `ca = "${PEM}"`).options).toEqual({ ca: PEM });
  });

  it('that are no times and no sizes are handed on, for the package to refuse', async () => {
    const settings = read('imap', 'host = "a"\nconnect-time = "soon"');
    expect(settings.options).toEqual({ host: 'a', connectTime: 'soon' });
    await expect(createVerifier(settings, place)).rejects.toThrow(/auth\.verifier\[0\]\.connect-time: found "soon"/);
  });
});
