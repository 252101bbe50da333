/** The built program: what it says, how it ends, what signals do. Mail through it is in the tests of the whole system. */
import {
  connectSmtp,
  issueCertificate,
  posterndPath,
  readMaildir,
  runPosternd,
  startPosternd,
  startProgram,
  tempDir,
  waitFor,
} from '@postern/testkit';
import type { LogLine, Posternd, TempDir } from '@postern/testkit';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const isRoot = process.getuid?.() === 0;

/** Where the tests are run as root, the daemon serves as nobody. */
const USER = isRoot ? 'user = "nobody"\n' : '';

let pair: { cert: string; key: string };
let other: { cert: string; key: string };
const dirs: TempDir[] = [];

beforeAll(async () => {
  pair = await issueCertificate();
  other = await issueCertificate({ names: ['other.example'] });
});
afterAll(() => dirs.forEach((dir) => dir.remove()));

/** A directory with a verifier (login `alice`, password by option), a queue and a certificate. */
function place(): TempDir {
  const dir = tempDir('posternd-program-');
  dirs.push(dir);
  dir.write('cert.pem', pair.cert);
  dir.write('key.pem', pair.key);
  dir.write(
    'parts.mjs',
    `export const verifier = ({ password }) => ({
       name: 'by-option',
       checks: new Set(['password']),
       verify: async (c) => password === '*' || (c.login === 'alice' && c.password.text() === password)
         ? { outcome: 'accepted', identity: { login: c.login } } : { outcome: 'rejected' },
     });
     export const queue = () => ({
       name: 'nowhere',
       carries: new Set(['8bit']),
       async submit(envelope, message) { for await (const _ of message); return { outcome: 'queued', id: 'nowhere 1' }; },
     });`,
  );
  return dir;
}

const config = (password = 'secret', port = 0): string => `${USER}
hostname = "mail.example.com"
qmail = "./no-qmail"

[[listen]]
address = "127.0.0.1"
port = ${port}
tls = "starttls"

[tls]
cert = "cert.pem"
key = "key.pem"

[[auth.verifier]]
use = "./parts.mjs"
password = ${JSON.stringify(password)}

[queue]
use = "./parts.mjs"

[limits]
failure-delay = "0s"
`;

/** Logs in over STARTTLS: the reply's code, and whose certificate it was. */
async function login(daemon: Posternd, password: string): Promise<{ code: number; name: string }> {
  const client = await connectSmtp({ port: daemon.port() });
  try {
    await client.reply();
    await client.ehlo();
    await client.startTls();
    await client.ehlo();
    const { stream } = client;
    if (!(stream instanceof TLSSocket)) throw new Error('no TLS');
    const { subject } = stream.getPeerCertificate();
    return { code: (await client.login('alice', password)).code, name: String(subject.CN) };
  } finally {
    client.destroy();
  }
}

/** `text` with a module that has one more member in place of the usual verifier. */
function withReady(dir: TempDir, text: string, ready: string): string {
  const source = readFileSync(dir.file('parts.mjs'), 'utf8').replace("name: 'by-option',", `$& ready: ${ready},`);
  dir.write('ready.mjs', source);
  return text.replace('use = "./parts.mjs"', 'use = "./ready.mjs"');
}

const started: Posternd[] = [];
afterEach(async () => {
  for (const daemon of started.splice(0)) await daemon.stop();
});

async function start(dir: TempDir, text = config(), command: string[] = ['serve']): Promise<Posternd> {
  const daemon = await startPosternd({ config: text, dir, command });
  started.push(daemon);
  return daemon;
}

describe('posternd', () => {
  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await runPosternd(['--version'])).toMatchObject({ code: 0, stdout: `posternd ${version}\n`, stderr: '' });
  });

  it.each([['--help'], ['serve', '--help'], ['check', '-h'], ['session', '--help'], ['passwd', '--help']])(
    'helps: %s %s',
    async (...args) => {
      const result = await runPosternd(args);
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(result.stdout).toMatch(/Usage: posternd/);
    },
  );

  it.each([
    [['--bogus'], "posternd: Unknown option '--bogus' (posternd --help)\n"],
    [
      ['serve', '--config', '/nonexistent/posternd.toml'],
      'posternd: /nonexistent/posternd.toml: file: found no such file; allowed: a file that can be read; --config FILE names another\n',
    ],
    [
      ['check', '--config', '/'],
      'posternd: /: file: found a directory; allowed: a file that can be read; --config FILE names another\n',
    ],
  ])('%j is one line and exit 2', async (args, stderr) => {
    expect(await runPosternd(args)).toMatchObject({ code: 2, stdout: '', stderr });
  });
});

describe('posternd serve', () => {
  it.each([
    [
      'waits for a verifier that needs a moment',
      "() => new Promise((r) => setTimeout(() => { console.error('there'); r(true); }, 100))",
      [],
    ],
    ['starts all the same when a verifier is not ready, and says so', 'async () => false', ['not-ready']],
  ])('%s', async (_name, ready, outcomes) => {
    const dir = place();
    const daemon = await start(dir, withReady(dir, config(), ready));
    const log = daemon.log();
    const before = log.slice(
      0,
      log.findIndex((line) => line.event === 'ready'),
    );
    expect(before.filter((line) => line.event === 'self-test').map((line) => line['outcome'])).toEqual(outcomes);
    expect(before.some((line) => line['text'] === 'there')).toBe(outcomes.length === 0);
    expect((await login(daemon, 'secret')).code).toBe(235);
  });

  const refused = (dir: TempDir, text: string) => runPosternd(['serve', '--config', dir.write('posternd.toml', text)]);

  it('serves, says so, drains and ends with 0', async () => {
    const daemon = await start(place());
    expect(await login(daemon, 'secret')).toEqual({ code: 235, name: 'localhost' });
    expect((await login(daemon, 'wrong')).code).toBe(535);
    // A session's line comes when its end has been seen.
    await waitFor(
      'both sessions to end',
      () => daemon.log().filter((line) => line.event === 'session').length === 2 || undefined,
    );
    const { code, stderr } = await daemon.stop();
    expect(code).toBe(0);
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events.slice(0, 2)).toEqual(['ready', 'authentication']);
    expect(events.slice(1, -2).sort()).toEqual(['authentication', 'authentication', 'session', 'session']);
    expect(events.slice(-2)).toEqual(['stopping', 'stopped']);
    expect(stderr).not.toMatch(/secret|wrong/);
  });

  it('logs for people if it is told to', async () => {
    const dir = place();
    const program = await startProgram(process.execPath, {
      args: [posterndPath, 'serve', '--log', 'pretty', '--config', dir.write('posternd.toml', config())],
    });
    expect(await program.line(/ready/)).toMatch(/^\d\d:\d\d:\d\d info {2}ready +addresses=/);
    expect((await program.stop()).code).toBe(0);
  });

  it.runIf(isRoot)('gives up root for good', async () => {
    const daemon = await start(place());
    const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
    const ids = (name: string) => new Set(new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/));
    expect([...ids('Uid'), ...ids('Gid')]).not.toContain('0');
    expect(ids('Uid').size).toBe(1);
    expect(ids('Groups')).not.toContain('0');
    expect([...ids('CapEff'), ...ids('CapPrm')]).toEqual(['0000000000000000', '0000000000000000']);
  });

  it.runIf(isRoot)('does not serve as root', async () => {
    const dir = place();
    expect(await refused(dir, config().replace(USER, ''))).toMatchObject({
      code: 2,
      stderr: `posternd: ${dir.file('posternd.toml')}: user: found nothing, and the daemon was started as root; allowed: a user to serve as; posternd does not serve as root\n`,
    });
  });

  it('open-relay: does not serve if a verifier accepts everybody', async () => {
    const dir = place();
    expect(await refused(dir, config('*'))).toMatchObject({
      code: 2,
      stderr: `posternd: ${dir.file('posternd.toml')}: auth.verifier[0]: found by-option, which accepts a login and a password that were made up on the spot: an open relay; allowed: a verifier that rejects them\n`,
    });
  });

  it('says which port it cannot have', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const result = await refused(place(), config('secret', port));
    server.close();
    expect(result).toMatchObject({
      code: 1,
      stderr: `posternd: cannot listen on 127.0.0.1:${port}: the port is in use (ss -ltnp shows by whom)\n`,
    });
  });

  it.each([
    [
      'a key that belongs to another certificate',
      (dir: TempDir) => dir.write('key.pem', other.key),
      /tls\.key: found \S+key\.pem, which is the key of another certificate; allowed: the key of \S+cert\.pem\n$/,
    ],
    [
      'a certificate that is none',
      (dir: TempDir) => dir.write('cert.pem', 'nothing'),
      /tls\.cert: found \S+cert\.pem, which is something else; allowed: a certificate in PEM\n$/,
    ],
    [
      'a key that is none',
      (dir: TempDir) => dir.write('key.pem', pair.cert),
      /tls\.key: found \S+key\.pem, which is something else; allowed: a private key in PEM, without a passphrase\n$/,
    ],
    [
      'no certificate',
      (dir: TempDir) => dir.write('posternd.toml', ''),
      /tls\.cert: found \S+: no such file; allowed: a PEM file that can be read\n$/,
      'gone.pem',
    ],
  ] as [string, (dir: TempDir) => unknown, RegExp, string?][])(
    'does not serve with %s',
    async (_name, spoil, line, cert = 'cert.pem') => {
      const dir = place();
      spoil(dir);
      const result = await refused(dir, config().replace('"cert.pem"', `"${cert}"`));
      expect(result.code).toBe(2);
      expect(result.stderr).toMatch(line);
      expect(result.stderr.trim().split('\n')).toHaveLength(1);
    },
  );
});

describe('SIGHUP', () => {
  it('takes a new certificate and new verifiers, and keeps them if the next are wrong', async () => {
    const dir = place();
    const daemon = await start(dir);
    const signalled = async (fits: (line: LogLine) => boolean): Promise<LogLine> => {
      const before = daemon.log().filter(fits).length;
      daemon.signal('SIGHUP');
      return waitFor('the reload', () => daemon.log().filter(fits)[before]);
    };
    const outcome = (wanted: string) => (line: LogLine) => line.event === 'reload' && line['outcome'] === wanted;

    dir.write('cert.pem', other.cert);
    dir.write('key.pem', other.key);
    dir.write('posternd.toml', config('changed'));
    await signalled(outcome('done'));
    expect(await login(daemon, 'changed')).toEqual({ code: 235, name: 'other.example' });
    expect((await login(daemon, 'secret')).code).toBe(535);

    for (const wrong of [
      config('*'),
      config().replace('cert.pem', 'gone.pem'),
      'nonsense = ',
      config().replace('./parts.mjs', './gone.mjs'),
    ]) {
      dir.write('posternd.toml', wrong);
      const line = await signalled(outcome('failed'));
      expect(line['cause']).toMatch(/posternd\.toml: .* allowed: /);
      expect(await login(daemon, 'changed')).toEqual({ code: 235, name: 'other.example' });
    }

    dir.write('posternd.toml', config('changed').replace('mail.example.com', 'new.example.com'));
    expect(await signalled(outcome('restart-needed'))).toMatchObject({ keys: ['hostname'] });
  });

  it.runIf(isRoot)('goes on with the configuration it has if only root can read the file', async () => {
    const dir = place();
    const daemon = await start(dir);
    dir.write('posternd.toml', 'nobody reads this', 0o600);
    dir.write('cert.pem', other.cert);
    dir.write('key.pem', other.key);
    daemon.signal('SIGHUP');
    await daemon.logged((line) => line.event === 'reload' && line['outcome'] === 'done');
    expect(daemon.log().some((line) => line['outcome'] === 'kept')).toBe(true);
    expect((await login(daemon, 'secret')).name).toBe('other.example');
  });
});

describe('SIGTERM', () => {
  it('tells idle sessions, and a second one ends those that are not idle', async () => {
    const daemon = await start(place());
    const idle = await connectSmtp({ port: daemon.port() });
    await idle.reply();
    await idle.ehlo();
    daemon.signal('SIGTERM');
    expect((await idle.reply()).code).toBe(421);
    await idle.closed();
    expect(await daemon.ended).toMatchObject({ code: 0, signal: null });
  });
});

describe('posternd check', () => {
  const check = (dir: TempDir, text: string) => runPosternd(['check', '--config', dir.write('posternd.toml', text)]);

  it('finds nothing wrong where nothing is wrong', async () => {
    const { code, stdout, stderr } = await check(place(), config());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ok +auth\.verifier\[0\]: by-option rejects a login that nobody has$/m);
    expect(stdout).toMatch(/^ok +\S+cert\.pem: until .*, and \S+key\.pem is its key$/m);
    expect(stdout).not.toMatch(/WRONG|warning/);
  });

  it('warns of a certificate that will not last', async () => {
    const dir = place();
    const short = await issueCertificate({ validFor: 5.5 * 86_400_000 });
    dir.write('cert.pem', short.cert);
    dir.write('key.pem', short.key);
    const { code, stdout } = await check(dir, config());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warning +\S+cert\.pem expires in 5 days, on /m);
  });

  it('finds everything that is wrong at once', async () => {
    const dir = place();
    const expired = await issueCertificate({ validFor: -60_000 });
    dir.write('old.pem', expired.cert);
    dir.write('old.key', expired.key);
    const text = config('*')
      .replace('"cert.pem"', '"old.pem"')
      .replace('"key.pem"', '"old.key"')
      .replace('[queue]\nuse = "./parts.mjs"', '[queue]\nuse = "./gone.mjs"');
    const { code, stdout } = await check(dir, text);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^WRONG +\S+old\.pem expired on/m);
    expect(stdout).toMatch(/^WRONG .*queue\.use: found "\.\/gone\.mjs", and there is no such module/m);
    expect(stdout).toMatch(/^WRONG .*an open relay/m);
  });
});

describe('posternd session', () => {
  const session = (dir: TempDir, text: string, input: string, env: Record<string, string> = {}) =>
    runPosternd(['session', '--config', dir.write('posternd.toml', text)], { input, env });

  it('serves descriptors 0 and 1, and knows the client by the environment', async () => {
    const { code, stdout, stderr } = await session(place(), config(), 'EHLO client.example\r\nQUIT\r\n', {
      PROTO: 'TCP',
      TCPREMOTEIP: '192.0.2.7',
      TCPREMOTEPORT: '40000',
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^220 mail\.example\.com ESMTP\r\n250-mail\.example\.com\r\n(250-.*\r\n)*250[- ]STARTTLS\r\n(250.*\r\n)*221 2\.0\.0 Bye\r\n$/,
    );
    expect(JSON.parse(stderr)).toMatchObject({
      event: 'session',
      outcome: 'quit',
      client: '192.0.2.7',
      port: 40_000,
      listener: 'session',
    });
  });

  it('asks for a login unless RELAYCLIENT is set', async () => {
    const dir = place();
    const text = config()
      .replace('[limits]', '[auth]\nrequire-tls = false\n[limits]')
      .replace('[[auth.verifier]]', '[[auth.verifier]]');
    const mail = 'EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nQUIT\r\n';
    expect((await session(dir, text, mail)).stdout).toMatch(/^530 5\.7\.0 /m);
    expect((await session(dir, text, mail, { RELAYCLIENT: '' })).stdout).toMatch(/^250 2\.1\.0 /m);
  });
});

describe('the embedded default', () => {
  it('can be logged in to with what it wrote down, and leaves nothing behind', async () => {
    const daemon = await startPosternd({ command: ['serve', '--embedded', '--ports', '0,0'] });
    started.push(daemon);
    const ready = await daemon.logged('ready');
    const directory = String(ready['embedded']);
    const trial = JSON.parse(readFileSync(`${directory}/try.json`, 'utf8')) as Record<
      'login' | 'password' | 'maildir' | 'certificate',
      string
    >;
    const client = await connectSmtp({
      port: daemon.port(1),
      tls: 'implicit',
      ca: readFileSync(trial.certificate, 'utf8'),
    });
    await client.reply();
    await client.ehlo();
    expect((await client.login(trial.login, trial.password)).code).toBe(235);
    expect(
      (await client.deliver('demo@localhost', ['friend@example.com'], 'Subject: hello\r\n\r\nHello.\r\n')).code,
    ).toBe(250);
    await client.quit();
    expect(readMaildir(trial.maildir).map((message) => message.fields('Subject'))).toEqual([['hello']]);
    expect(daemon.stderr()).not.toContain(trial.password);
    expect((await daemon.stop()).code).toBe(0);
    expect(existsSync(directory)).toBe(false);
  });
});
