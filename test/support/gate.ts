/**
 * A gate to test: the built posternd with three listeners on loopback, users, a certificate and a queue. Every test file
 * that needs the whole system starts one of these.
 */
import { chownSync, mkdirSync } from 'node:fs';
import { connectSmtp, issueCertificate, readMaildir, startPosternd, tempDir, throwawayCa } from '@postern/testkit';
import type { Posternd, SmtpClient, SmtpTarget, StoredMessage, TempDir } from '@postern/testkit';
import { engineUnderTest } from './engines.js';

export type Listener = 'starttls' | 'implicit' | 'plain';

/** In the order of the configuration. `plain` is what stands behind stunnel. */
export const listeners: readonly Listener[] = ['starttls', 'implicit', 'plain'];

export const user = 'alice@example.com';
export const pass = 'wonderland';
export const variables = { user, pass };

/** In clear, so that CRAM-MD5 can be checked; tmda-ofmipd's format. */
export const USERS = `${user}:${pass}\nbob@example.com:builder\n`;

/** posternd does not serve as root. Tests that run as root have it serve as Debian's nobody, who then owns its files. */
export const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };
export const isRoot = process.getuid?.() === 0;

/** Gives files of a test to whoever serves. */
export function giveAway(...paths: readonly string[]): void {
  if (isRoot) for (const path of paths) chownSync(path, nobody.uid, nobody.gid);
}

type Settings = Readonly<Record<string, string | number | boolean>>;

export interface GateOptions {
  /** Lines below `[[auth.verifier]]`. Default: the file with alice and bob. */
  readonly verifier?: string;
  /** Lines below `[queue]`. Default: a Maildir. */
  readonly queue?: string;
  readonly limits?: Settings;
  readonly timeouts?: Settings;
  /** Lines at the top, before any table. */
  readonly top?: string;
  /** Lines added to each listener. */
  readonly listen?: string;
  /** Lines below `[auth]`. */
  readonly auth?: string;
  /** Whole tables, at the end. */
  readonly tables?: string;
  /** `wire` or `smtp-server`. Default: the engine under test, see engines.ts. */
  readonly engine?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface Gate {
  readonly daemon: Posternd;
  readonly dir: TempDir;
  readonly ca: string;
  readonly caFile: string;
  /** For `connectSmtp` and `playDialog`. */
  target(listener: Listener): SmtpTarget;
  /** Connected, EHLO said, TLS up where the listener has it, logged in as alice. */
  login(listener?: Listener, timeoutMs?: number): Promise<SmtpClient>;
  /** What the default queue holds, oldest first. */
  messages(): StoredMessage[];
  close(): Promise<void>;
}

/** Rejects with the daemon's own words if it does not start. */
export async function openGate(options: GateOptions = {}): Promise<Gate> {
  const ca = await throwawayCa();
  const dir = tempDir('postern-gate-');
  const config = await writeConfig(dir, options);
  const daemon = await startPosternd({
    config,
    dir,
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.args === undefined ? {} : { command: ['serve', ...options.args] }),
  });
  // Two files may bear the same time; what was seen before is older than what was not.
  const seen: string[] = [];
  const inOrderOfArrival = (stored: readonly StoredMessage[]): StoredMessage[] => {
    for (const { name } of stored) if (!seen.includes(name)) seen.push(name);
    return [...stored].sort((a, b) => seen.indexOf(a.name) - seen.indexOf(b.name));
  };
  const target = (listener: Listener): SmtpTarget => ({
    port: daemon.port(listeners.indexOf(listener)),
    ca: ca.caPem,
    ...(listener === 'implicit' ? { tls: 'implicit' } : {}),
  });
  return {
    daemon,
    dir,
    ca: ca.caPem,
    caFile: ca.caFile,
    target,
    login: (listener = 'plain', timeoutMs = 20_000) => loggedIn({ ...target(listener), timeoutMs }, listener),
    messages: () => inOrderOfArrival(readMaildir(dir.file('Maildir'))),
    close: async () => {
      await daemon.stop();
      dir.remove();
    },
  };
}

/** The configuration of a gate; its certificate and users are written into `dir`. */
export async function writeConfig(dir: TempDir, options: GateOptions = {}): Promise<string> {
  const { cert, key } = await issueCertificate({ names: ['localhost', 'mail.example.com'] });
  giveAway(dir.path, dir.write('cert.pem', cert), dir.write('key.pem', key, 0o600), dir.write('users', USERS, 0o600));
  mkdirSync(dir.file('qmail'), { recursive: true });
  const engine = options.engine ?? engineUnderTest;
  const listen = listeners.map(
    (tls) => `[[listen]]
address = "127.0.0.1"
port = 0
tls = ${quote(tls === 'plain' ? 'none' : tls)}
${tls === 'plain' ? 'require-tls = false\n' : ''}${options.listen ?? ''}`,
  );
  return `hostname = "mail.example.com"
qmail = ${quote(dir.file('qmail'))}
engine = ${quote(engine)}
${isRoot ? `user = ${quote(nobody.name)}` : ''}
${options.top ?? ''}

${listen.join('\n')}

[tls]
cert = ${quote(dir.file('cert.pem'))}
key = ${quote(dir.file('key.pem'))}

[auth]
${options.auth ?? ''}
[[auth.verifier]]
${options.verifier ?? `use = "file"\npath = ${quote(dir.file('users'))}`}

[queue]
${options.queue ?? `use = "maildir"\npath = ${quote(dir.file('Maildir'))}`}

[limits]
${assignments({ 'failure-delay': '0ms', 'failed-logins-per-address': 1_000_000, 'failed-logins-per-login': 1_000_000, ...options.limits })}

[timeouts]
${assignments(options.timeouts ?? {})}

${options.tables ?? ''}
`;
}

/** A string as TOML writes it. */
export const quote = (text: string): string => JSON.stringify(text);

/** A list of strings as TOML writes it. */
export const quoteList = (texts: readonly string[]): string => `[${texts.map(quote).join(', ')}]`;

const assignments = (settings: Settings): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    .join('\n');

async function loggedIn(target: SmtpTarget, listener: Listener): Promise<SmtpClient> {
  const client = await connectSmtp(target);
  await client.reply();
  await client.ehlo();
  if (listener === 'starttls') {
    await client.startTls();
    await client.ehlo();
  }
  const reply = await client.login(user, pass);
  if (reply.code !== 235) {
    client.destroy();
    throw new Error(`AUTH was answered ${reply.lines.join(' / ')}`);
  }
  return client;
}
