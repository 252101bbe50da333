/** Before anybody is let in: does a verifier accept everybody, is every program there? Asked as the user who serves. */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Secret } from '@postern/core';
import type { Credentials, Verdict, Verifier, VerifyContext } from '@postern/core';
import { ConfigurationError } from '../config/configuration-error.js';
import type { Configuration, PluginSettings } from '../config/configuration.js';

const PROBE_TIME = 10_000;

/** What a probe found; `cause` says why a verifier could not answer. */
export interface ProbeResult {
  readonly key: string;
  readonly verifier: string;
  readonly outcome: Verdict['outcome'];
  readonly cause?: string;
}

/**
 * Shows every verifier a login and a password that nobody has. One that accepts them (a checkpassword replaced by
 * `true`, an LDAP server that binds anybody) makes this an open relay.
 *
 * @throws ConfigurationError for the first that accepts
 */
export async function probeVerifiers(
  verifiers: readonly Verifier[],
  configuration: Configuration,
): Promise<ProbeResult[]> {
  const results = await Promise.all(
    verifiers.map(async (verifier, i): Promise<ProbeResult> => {
      const verdict = await probe(verifier);
      const key = configuration.auth.verifiers[i]?.key ?? 'auth.verifier';
      const cause = verdict.outcome === 'unavailable' ? { cause: verdict.cause } : {};
      return { key, verifier: verifier.name, outcome: verdict.outcome, ...cause };
    }),
  );
  const open = results.find((result) => result.outcome === 'accepted');
  if (open === undefined) return results;
  throw new ConfigurationError(
    configuration.file,
    open.key,
    `${open.verifier}, which accepts a login and a password that were made up on the spot: an open relay`,
    'a verifier that rejects them',
  );
}

async function probe(verifier: Verifier): Promise<Verdict> {
  for (const credentials of probes(verifier)) {
    const verdict = await bounded(verifier, credentials);
    if (verdict.outcome !== 'rejected') return verdict;
  }
  return { outcome: 'rejected' };
}

function* probes({ checks }: Verifier): Generator<Credentials> {
  const login = `postern-self-test-${randomBytes(8).toString('hex')}`;
  if (checks.has('password')) {
    const password = Secret.of(randomBytes(18).toString('base64url'));
    yield { kind: 'password', mechanism: 'PLAIN', login, password };
  }
  if (checks.has('cram-md5')) {
    const challenge = `<${randomBytes(16).toString('hex')}@self-test.invalid>`;
    yield { kind: 'cram-md5', mechanism: 'CRAM-MD5', login, challenge, response: randomBytes(16).toString('hex') };
  }
}

async function bounded(verifier: Verifier, credentials: Credentials): Promise<Verdict> {
  const controller = new AbortController();
  const here = { address: '127.0.0.1', port: 0 };
  const context: VerifyContext = {
    sessionId: 'self-test',
    listener: 'self-test',
    peer: here,
    local: here,
    mechanism: credentials.mechanism,
    signal: controller.signal,
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verdict>((resolve) => {
    timer = setTimeout(
      () => resolve({ outcome: 'unavailable', cause: `no answer within ${PROBE_TIME / 1000} s` }),
      PROBE_TIME,
    );
  });
  try {
    return await Promise.race([verifier.verify(credentials, context), late]);
  } catch (error) {
    return { outcome: 'unavailable', cause: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

/** @throws ConfigurationError for a program that is not there or cannot be run by this user */
export function checkPrograms(configuration: Configuration): void {
  for (const settings of [...configuration.auth.verifiers, configuration.queue]) {
    const program = programOf(settings);
    if (program === undefined) continue;
    const fault = programFault(program);
    if (fault !== undefined)
      throw new ConfigurationError(
        configuration.file,
        `${settings.key}.program`,
        `${program}: ${fault}`,
        'a program that this user can run',
      );
  }
}

/** @throws ConfigurationError for a Maildir that this user cannot write to, or cannot make */
export function checkQueueDirectory({ file, queue }: Configuration): void {
  const path = queue.options['path'];
  if (queue.use !== 'maildir' || typeof path !== 'string') return;
  const inside = ['tmp', 'new'].map((name) => join(path, name)).filter((place) => existsSync(place));
  for (const place of inside.length > 0 ? inside : [nearest(path)]) {
    try {
      accessSync(place, constants.W_OK | constants.X_OK);
    } catch {
      throw new ConfigurationError(
        file,
        'queue.path',
        `${path}, and no right to write to ${place}`,
        `a Maildir that uid ${process.getuid?.() ?? -1} can write to`,
      );
    }
  }
}

/** The path itself if it is there, else the lowest directory above it that is. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

/** The program of a package that runs one: `program = "x"` or `program = ["x", ...]`. */
export function programOf({ options }: PluginSettings): string | undefined {
  const { program } = options;
  const first: unknown = Array.isArray(program) ? program[0] : program;
  return typeof first === 'string' ? first : undefined;
}

function programFault(program: string): string | undefined {
  const places = program.includes('/')
    ? [program]
    : (process.env['PATH'] ?? '').split(delimiter).map((place) => join(place, program));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) return 'no such program';
  try {
    if (!statSync(found).isFile()) return 'not a file';
    accessSync(found, constants.X_OK);
    return undefined;
  } catch {
    return 'cannot be run';
  }
}
