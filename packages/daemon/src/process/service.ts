/**
 * One serving process, from its configuration to its end: bind and read keys, give up root, make sure that nobody is let in
 * who should not be, serve, reload, drain. Knows nothing of signals or of the command line. Each worker is one of these;
 * what starts several of them is another room.
 */
import { randomBytes } from 'node:crypto';
import { replaceableCertificates } from '@postern/core';
import type {
  AttemptLimits,
  BoundListener,
  Certificates,
  ConnectionLimits,
  Queue,
  SenderPolicy,
  SubmissionServer,
  Verifier,
} from '@postern/core';
import type { Configuration } from '../config/configuration.js';
import type { Log } from '../log/log.js';
import { logObserver } from '../log/observer.js';
import { createQueue, createVerifiers } from '../plugins/plugins.js';
import { unready } from '../plugins/readiness.js';
import { reloadableQueue, reloadableVerifiers } from '../plugins/reloadable.js';
import { servingAccount } from './account.js';
import { assemble, senderPolicy } from './assembly.js';
import { certificatesFrom, readKeyPairs, validityWarning } from './key-files.js';
import { dropPrivileges } from './privileges.js';
import { prepareQueueDirectory } from './queue-directory.js';
import { checkPrograms, checkQueueDirectory, probeVerifiers } from './self-test.js';
import { StartError } from './start-error.js';

export interface Service {
  readonly bound: readonly BoundListener[];
  /** All of it, or nothing: what holds for new connections and new logins from now on. @throws ConfigurationError */
  reload(next: Configuration): Promise<void>;
  /** Drains, for at most so many milliseconds (default: the configuration's `timeouts.shutdown`). */
  stop(deadline?: number): Promise<void>;
}

/** What several processes of one daemon have in common. Absent: this is the only one. */
export interface SharedParts {
  /** 48 octets (RFC 5077). */
  readonly ticketKeys?: Buffer;
  readonly attempts?: AttemptLimits;
  readonly connections?: ConnectionLimits;
}

/** @throws ConfigurationError, StartError */
export async function startService(
  configuration: Configuration,
  log: Log,
  { ticketKeys = randomBytes(48), ...shared }: SharedParts = {},
): Promise<Service> {
  const account = servingAccount(configuration);
  if (account !== undefined) prepareQueueDirectory(configuration, account);
  const parts = await createParts(configuration, ticketKeys, log);
  const verifiers = reloadableVerifiers(parts.verifiers);
  const queue = reloadableQueue(parts.queue);
  const senders = replaceableSenders(parts.senders);
  const certificates = parts.certificates === undefined ? undefined : replaceableCertificates(parts.certificates);
  const server = assemble(configuration, {
    certificates,
    verifiers: verifiers.verifiers,
    queue: queue.queue,
    senders: senders.policy,
    observer: logObserver(log),
    ...shared,
  });
  const bound = await bind(server);
  let current = configuration;
  try {
    let asked = parts.verifiers;
    if (account !== undefined) {
      dropPrivileges(account);
      // Made once more by the user who serves: a file that only root can read has to be found now and not at a reload.
      asked = await createVerifiers(configuration);
      verifiers.replace(asked);
      queue.replace(await createQueue(configuration.queue, configuration));
    }
    await selfTest(configuration, asked, log);
  } catch (error) {
    await server.close(0);
    throw error;
  }
  verifiers.release();
  warnings(configuration, log);

  return {
    bound,
    async reload(next) {
      const made = await createParts(next, ticketKeys, log);
      try {
        await selfTest(next, made.verifiers, log);
      } catch (error) {
        await closeParts(made);
        throw error;
      }
      verifiers.replace(made.verifiers);
      server.forgetLogins();
      queue.replace(made.queue);
      senders.replace(made.senders);
      if (made.certificates !== undefined) certificates?.replace(made.certificates);
      const restart = needsRestart(current, next);
      if (restart.length > 0) log.warn({ event: 'reload', outcome: 'restart-needed', keys: namesOf(restart) });
      current = { ...next, ...pick(current, restart) };
    },
    stop: (deadline = current.shutdown) => server.close(deadline),
  };
}

interface Made {
  readonly certificates: Certificates | undefined;
  readonly verifiers: readonly Verifier[];
  readonly queue: Queue;
  readonly senders: SenderPolicy;
}

async function createParts(configuration: Configuration, ticketKeys: Buffer, log: Log): Promise<Made> {
  const pairs = readKeyPairs(configuration);
  for (const pair of pairs) {
    const warning = validityWarning(pair);
    if (warning !== undefined) log.warn({ event: 'certificate', warning: warning.text });
  }
  const certificates = certificatesFrom(pairs, configuration, ticketKeys);
  const verifiers = await createVerifiers(configuration);
  try {
    const queue = await createQueue(configuration.queue, configuration);
    return { certificates, verifiers, queue, senders: senderPolicy(configuration) };
  } catch (error) {
    await Promise.allSettled(verifiers.map(async (verifier) => verifier.close?.()));
    throw error;
  }
}

const closeParts = (made: Made): Promise<unknown> =>
  Promise.allSettled([...made.verifiers, made.queue].map(async (part) => part.close?.()));

async function bind(server: SubmissionServer): Promise<readonly BoundListener[]> {
  try {
    return await server.start();
  } catch (error) {
    await server.close(0).catch(() => undefined);
    throw bindError(error);
  }
}

function bindError(error: unknown): unknown {
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === undefined || address === undefined) return error;
  const where = `${address}:${port ?? 0}`;
  switch (code) {
    case 'EADDRINUSE':
      return new StartError(`cannot listen on ${where}: the port is in use (ss -ltnp shows by whom)`);
    case 'EACCES':
      return new StartError(`cannot listen on ${where}: ports below 1024 need root, or CAP_NET_BIND_SERVICE`);
    case 'EADDRNOTAVAIL':
      return new StartError(`cannot listen on ${where}: this machine does not have that address`);
    default:
      return new StartError(`cannot listen on ${where}: ${code}`);
  }
}

async function selfTest(configuration: Configuration, verifiers: readonly Verifier[], log: Log): Promise<void> {
  checkPrograms(configuration);
  checkQueueDirectory(configuration);
  for (const { name } of await unready(verifiers)) {
    log.warn({ event: 'self-test', verifier: name, outcome: 'not-ready' });
  }
  for (const result of await probeVerifiers(verifiers, configuration)) {
    if (result.outcome === 'unavailable')
      log.warn({ event: 'self-test', verifier: result.verifier, outcome: 'unavailable', cause: result.cause });
  }
}

/** Said at every start, so that nobody finds out later. */
function warnings(configuration: Configuration, log: Log): void {
  for (const listener of configuration.listen) {
    const name = listener.name ?? `${listener.address ?? '::'}:${listener.port}`;
    if (listener.requireTls === false)
      log.warn({ event: 'listener', listener: name, warning: 'passwords and mail are taken without TLS' });
    if (listener.requireLogin === false)
      log.warn({ event: 'listener', listener: name, warning: 'mail is taken from anybody, without a login' });
  }
}

function replaceableSenders(first: SenderPolicy) {
  let current = first;
  const policy: SenderPolicy = {
    get name() {
      return current.name;
    },
    maySendAs: (identity, mailbox) => current.maySendAs(identity, mailbox),
  };
  return { policy, replace: (next: SenderPolicy) => void (current = next) };
}

const FIXED = [
  'hostname',
  'user',
  'group',
  'engine',
  'workers',
  'listen',
  'message',
  'rewriting',
  'names',
  'limits',
  'timeouts',
  'log',
] as const satisfies readonly (keyof Configuration)[];

/** Keys that were changed and hold from the next start only. */
const needsRestart = (before: Configuration, after: Configuration): (typeof FIXED)[number][] =>
  FIXED.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));

/** As they are called in the file. */
const namesOf = (keys: readonly (typeof FIXED)[number][]): string[] => [
  ...new Set(keys.map((key) => (key === 'rewriting' || key === 'names' ? 'message' : key))),
];

const pick = (configuration: Configuration, keys: readonly (keyof Configuration)[]): Partial<Configuration> =>
  Object.fromEntries(keys.map((key) => [key, configuration[key]]));
