/** A directory as a verifier. ldapts speaks the protocol. */
import { isUtf8 } from 'node:buffer';
import { checkOptions, gate, OptionError, plainAddress } from '@postern/core';
import type { PasswordCredentials, Verdict, Verifier } from '@postern/core';
import { openDirectory } from './connection.js';
import type { Directory, Target } from './connection.js';
import { ldapOptions, readOptionFile } from './options.js';
import type { LdapOptions, LdapSettings } from './options.js';
import { describeFailure, resultCode } from './outcome.js';
import { directoryPool } from './pool.js';
import type { DirectoryPool } from './pool.js';
import { askDirectory } from './question.js';
import type { Asking } from './question.js';

const OWNER = 'auth-ldap';

// Longer than any address (RFC 5321 §4.5.3.1).
const LONGEST_LOGIN = 320;

/** @throws OptionError */
export function ldap(options: LdapOptions): Verifier & { close(): Promise<void> } {
  const settings = checkOptions(OWNER, ldapOptions, options);
  const asking = withPassword(settings);
  const targetOf = targets(settings);
  const door = gate({ concurrency: settings.concurrency, waiting: settings.waiting });
  const hosts = new Map(Object.entries(settings.hosts).map(([address, host]) => [plainAddress(address), host]));
  const pools = new Map<string, DirectoryPool>();
  const poolOf = (host: string): DirectoryPool => {
    let pool = pools.get(host);
    if (pool === undefined) {
      const { pool: keep, idleTime } = settings;
      const open = (): Promise<Directory> => openDirectory(targetOf(host));
      pool = directoryPool({ keep, idleTime, open, isAnswer: (error) => resultCode(error) !== undefined });
      pools.set(host, pool);
    }
    return pool;
  };
  warn(settings);

  return {
    name: 'ldap',
    checks: new Set(['password'] as const),
    async verify(credentials, context) {
      if (credentials.kind !== 'password') return unavailable('only passwords can be asked about');
      if (!canBeAsked(credentials)) return { outcome: 'rejected' };
      const release = await door.enter(context.signal);
      if (release === undefined) return unavailable('too many logins at once');
      try {
        const pool = poolOf(hosts.get(context.local.address) ?? settings.host);
        const { login, password } = credentials;
        // Copied now: the caller may wipe it once its signal is aborted.
        const text = password.text();
        return await within(settings.deadline, context.signal, (track) =>
          pool.use((directory) => {
            track(directory);
            return askDirectory(directory, asking, login, text);
          }),
        );
      } catch (error) {
        return unavailable(describeFailure('connection', error));
      } finally {
        release();
      }
    },
    close() {
      for (const pool of pools.values()) pool.close();
      return Promise.resolve();
    },
  };
}

const unavailable = (cause: string): Verdict => ({ outcome: 'unavailable', cause });

/** What no directory can know is refused without asking; above all the empty password, which binds anonymously. */
function canBeAsked({ login, password }: PasswordCredentials): boolean {
  const bytes = password.bytes();
  return (
    bytes.length > 0 &&
    // RFC 4513 §5.1.3.
    isUtf8(bytes) &&
    !bytes.includes(0) &&
    login !== '' &&
    // eslint-disable-next-line no-control-regex
    !/[\x00-\x1f\x7f]/.test(login) &&
    Buffer.byteLength(login) <= LONGEST_LOGIN &&
    // RFC 4518 §2.6.1: such spaces mean nothing to a directory, and one user would have any number of names.
    !/^ | $| {2}/.test(login)
  );
}

function withPassword(settings: LdapSettings): Asking {
  const { search, userDn, attributes } = settings;
  if (search?.bindPasswordFile === undefined) return settings;
  if (search.bindPassword !== undefined) {
    throw new OptionError(OWNER, 'search.bindPasswordFile', 'bindPassword as well', 'one of the two');
  }
  const text = readOptionFile(OWNER, 'search.bindPasswordFile', search.bindPasswordFile);
  return { userDn, attributes, search: { ...search, bindPassword: text.split('\n')[0] ?? '' } };
}

function targets(settings: LdapSettings): (host: string) => Target {
  const { ca, servername, rejectUnauthorized, tls, connectTime } = settings;
  const pem = ca === undefined || ca.includes('-----BEGIN') ? ca : readOptionFile(OWNER, 'ca', ca);
  const port = settings.port ?? (tls === 'implicit' ? 636 : 389);
  const tlsOptions = {
    rejectUnauthorized,
    minVersion: 'TLSv1.2' as const,
    ...(pem === undefined ? {} : { ca: pem }),
    ...(servername === undefined ? {} : { servername }),
  };
  return (host) => ({ host, port, tls, tlsOptions, connectTime });
}

/** The verdict, unless the time is up or the client gone before it; then the connection is ended. */
function within(
  deadline: number,
  signal: AbortSignal,
  work: (track: (directory: Directory) => void) => Promise<Verdict>,
): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    let directory: Directory | undefined;
    let over = false;
    const finish = (settle: () => void): void => {
      over = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      settle();
    };
    const giveUp = (cause: string): void => {
      finish(() => resolve(unavailable(cause)));
      directory?.destroy();
    };
    const abort = (): void => giveUp('given up');
    const timer = setTimeout(() => giveUp(`no answer within ${deadline} ms`), deadline);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    work((used) => {
      directory = used;
      if (over) used.destroy();
    }).then(
      (verdict) => finish(() => resolve(verdict)),
      (error: unknown) => finish(() => reject(error instanceof Error ? error : new Error(String(error)))),
    );
  });
}

function warn({ tls, rejectUnauthorized, host }: LdapSettings): void {
  if (tls === 'none') {
    process.emitWarning(`${OWNER}: passwords go to ${host} in the clear`, { code: 'POSTERN_NO_TLS' });
  } else if (!rejectUnauthorized) {
    process.emitWarning(`${OWNER}: any certificate is taken for ${host}`, { code: 'POSTERN_ANY_CERTIFICATE' });
  }
}
