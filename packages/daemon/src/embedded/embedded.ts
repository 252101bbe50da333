/**
 * The embedded default: what the daemon runs on where there is no configuration and no qmail, so that it can be tried.
 * Everything is made up at every start and lies in one directory, which is removed at the end.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../config/configuration.js';
import { buildConfiguration } from '../config/load.js';
import { servingAccount } from '../process/account.js';
import type { Account } from '../process/account.js';
import { throwawayCertificate } from './throwaway-certificate.js';

/** What a person needs to send a message through it. Also in `try.json` below `directory`. */
export interface Trial {
  readonly directory: string;
  readonly maildir: string;
  /** To be trusted by the client that tries. */
  readonly certificate: string;
  readonly login: string;
  readonly password: string;
}

export interface Embedded {
  readonly configuration: Configuration;
  readonly trial: Trial;
  /** Removes the directory. */
  remove(): void;
}

export interface EmbeddedOptions {
  /** For STARTTLS and for implicit TLS. */
  readonly ports: readonly [number, number];
  readonly log: Configuration['log'];
}

export const EMBEDDED_PORTS = [2587, 2465] as const;

/** Not a file: what error lines say instead. */
const NAME = 'embedded default';

/** Started as root it serves as this account. */
const USER = 'nobody';

/** @throws ConfigurationError */
export async function embeddedDefault(options: EmbeddedOptions): Promise<Embedded> {
  const directory = mkdtempSync(join(tmpdir(), 'posternd-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    const trial = await makeTrial(directory);
    const configuration = buildConfiguration(settings(options, trial), { file: NAME, directory, environment: {} });
    const account = servingAccount(configuration);
    if (account !== undefined) hand(directory, account);
    return { configuration, trial, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function makeTrial(directory: string): Promise<Trial> {
  const { cert, key } = await throwawayCertificate();
  const trial: Trial = {
    directory,
    maildir: join(directory, 'Maildir'),
    certificate: join(directory, 'cert.pem'),
    login: 'demo',
    // No character that a shell, a URL or a configuration file would want quoted.
    password: randomBytes(9).toString('hex'),
  };
  const write = (name: string, content: string): void => writeFileSync(join(directory, name), content, { mode: 0o600 });
  write('cert.pem', cert);
  write('key.pem', key);
  write('users', `${trial.login}:${trial.password}\n`);
  write('try.json', `${JSON.stringify(trial)}\n`);
  for (const part of ['', 'tmp', 'new', 'cur']) mkdirSync(join(trial.maildir, part), { mode: 0o700 });
  return trial;
}

const settings = ({ ports, log }: EmbeddedOptions, trial: Trial) => ({
  hostname: 'localhost',
  qmail: join(trial.directory, 'no-qmail'),
  ...(process.getuid?.() === 0 ? { user: USER } : {}),
  listen: [
    { name: 'starttls', address: '127.0.0.1', port: ports[0], tls: 'starttls' },
    { name: 'implicit', address: '127.0.0.1', port: ports[1], tls: 'implicit' },
  ],
  tls: { cert: 'cert.pem', key: 'key.pem' },
  auth: { verifier: [{ use: 'file', path: 'users' }] },
  queue: { use: 'maildir', path: trial.maildir },
  log,
});

/** The user who will serve owns all of it: nothing here is worth more than the rest. */
function hand(directory: string, account: Account): void {
  for (const name of ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })]) {
    chownSync(join(directory, name), account.uid, account.gid);
  }
}
