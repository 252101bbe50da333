/** posternd as it was built, in several configurations. */
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, listening, startServer } from '../process.mjs';

const program = fileURLToPath(new URL('../../packages/daemon/dist/posternd.js', import.meta.url));

/** @type {{ name: string, verifier: 'checkpassword' | 'file', queue: 'qmail-queue' | 'maildir', workers?: number, remember?: boolean, ballast?: number }[]} */
const configurations = [
  { name: 'postern: checkpassword, qmail-queue', verifier: 'checkpassword', queue: 'qmail-queue' },
  {
    name: 'postern: checkpassword, qmail-queue, 2 workers',
    verifier: 'checkpassword',
    queue: 'qmail-queue',
    workers: 2,
  },
  {
    name: 'postern: checkpassword remembered, qmail-queue',
    verifier: 'checkpassword',
    queue: 'qmail-queue',
    remember: true,
  },
  {
    name: 'postern: checkpassword remembered, qmail-queue, 2 workers',
    verifier: 'checkpassword',
    queue: 'qmail-queue',
    remember: true,
    workers: 2,
  },
  {
    name: 'postern: checkpassword, qmail-queue, 400 MB resident',
    verifier: 'checkpassword',
    queue: 'qmail-queue',
    ballast: 320,
  },
  { name: 'postern: file, maildir', verifier: 'file', queue: 'maildir' },
  { name: 'postern: file, maildir, 2 workers', verifier: 'file', queue: 'maildir', workers: 2 },
];

/** @type {import('../subjects.mjs').Subject[]} */
export const ours = configurations.map((configuration) => ({
  name: configuration.name,
  missing({ programs }) {
    if (!existsSync(program)) return 'not built: npm run build';
    if (configuration.verifier === 'checkpassword' && programs.checkpassword === undefined) return 'no checkpassword';
    if (configuration.queue === 'qmail-queue' && programs.qmailQueue === undefined) return 'no qmail-queue';
    return undefined;
  },
  start: (setting) => start(configuration, setting),
}));

async function start(configuration, setting) {
  const { directory, programs } = setting;
  const user = process.getuid?.() === 0 ? 'nobody' : undefined;
  const own = (path) => {
    if (user !== undefined)
      chownSync(path, Number(execFileSync('id', ['-u', user])), Number(execFileSync('id', ['-g', user])));
  };
  const users = join(directory, 'users');
  writeFileSync(users, `${setting.login}:${setting.password}\n`, { mode: 0o600 });
  own(users);
  const spool = join(directory, 'spool');
  mkdirSync(spool);
  own(spool);
  const port = await freePort();
  const verifier =
    configuration.verifier === 'file'
      ? { use: 'file', path: users }
      : {
          use: 'checkpassword',
          program: programs.checkpassword.argv,
          flavour: programs.checkpassword.flavour,
          concurrency: 100,
          ...(Object.keys(programs.checkpassword.env).length === 0 ? {} : { env: programs.checkpassword.env }),
        };
  const queue =
    configuration.queue === 'maildir'
      ? { use: 'maildir', path: join(spool, 'Maildir') }
      : { use: 'qmail-queue', program: programs.qmailQueue };
  const limits = { connections: 10_000, 'connections-per-address': 10_000, 'unauthenticated-connections': 10_000 };
  const toml = [
    'hostname = "mail.example.test"',
    ...(user === undefined ? [] : [`user = ${JSON.stringify(user)}`]),
    ...(configuration.workers === undefined ? [] : [`workers = ${configuration.workers}`]),
    '[[listen]]',
    'address = "127.0.0.1"',
    `port = ${port}`,
    'tls = "implicit"',
    '[tls]',
    `cert = ${JSON.stringify(setting.cert)}`,
    `key = ${JSON.stringify(setting.key)}`,
    '[[auth.verifier]]',
    ...table(verifier),
    '[queue]',
    ...table(queue),
    '[senders]',
    'policy = "any"',
    '[limits]',
    ...table({ ...limits, ...(configuration.remember === true ? { 'remember-logins': '10m' } : {}) }),
  ];
  const file = join(directory, 'posternd.toml');
  writeFileSync(file, `${toml.join('\n')}\n`);
  const { ballast } = configuration;
  const flags =
    ballast === undefined ? [] : ['--import', new URL(`ballast.mjs?megabytes=${ballast}`, import.meta.url).href];
  const server = await startServer(process.execPath, [...flags, program, 'serve', '--config', file], {
    log: join(directory, 'posternd.log'),
  });
  try {
    await listening(port, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { port, pids: [server.pid], stop: () => server.stop() };
}

const table = (values) =>
  Object.entries(values).map(([key, value]) => {
    const inner = typeof value === 'object' && !Array.isArray(value);
    return `${key} = ${inner ? `{ ${table(value).join(', ')} }` : JSON.stringify(value)}`;
  });
