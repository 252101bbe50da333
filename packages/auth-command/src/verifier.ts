/** Any program as a verifier: one run for a login, and its exit code is the answer. */
import { start } from '@postern/child';
import type { Exit, Running } from '@postern/child';
import { checkOptions, gate } from '@postern/core';
import type { Check, Credentials, Verdict, Verifier, VerifyContext } from '@postern/core';
import { readIdentity } from './answer.js';
import { environment, secretOctets } from './environment.js';
import { commandOptions } from './options.js';
import type { CommandOptions, CommandSettings } from './options.js';

// Whoever has more to say about a user is not talking about a user.
const MOST_OUTPUT = 64 * 1024;

/** @throws OptionError */
export function command(options: CommandOptions): Verifier {
  const settings = checkOptions('auth-command', commandOptions, options);
  const [program = '', ...rest] = settings.program;
  const door = gate({ concurrency: settings.concurrency, waiting: settings.waiting });
  const checks: ReadonlySet<Check> = new Set<Check>(settings.cram ? ['password', 'cram-md5'] : ['password']);
  return {
    name: 'command',
    checks,
    async verify(credentials, context) {
      if (!checks.has(credentials.kind)) return unavailable(`does not check ${credentials.kind}`);
      const secret = secretOctets(credentials, settings.passwordEnd);
      if (secret === undefined) return { outcome: 'rejected' };
      const release = await door.enter(context.signal);
      if (release === undefined) return unavailable('too many logins at once');
      return ask(settings, [program, ...rest], secret, credentials, context, release);
    },
  };
}

const unavailable = (cause: string): Verdict => ({ outcome: 'unavailable', cause });

function ask(
  settings: CommandSettings,
  argv: readonly [string, ...string[]],
  secret: Buffer,
  credentials: Credentials,
  context: VerifyContext,
  release: () => void,
): Promise<Verdict> {
  const running = start({
    argv,
    env: environment(settings, credentials, context),
    ...(settings.cwd === undefined ? {} : { cwd: settings.cwd }),
    // Standard error is not read: there are programs that write passwords there.
    fds: {
      1: { kind: 'output', limit: MOST_OUTPUT },
      [settings.passwordFd]: { kind: 'input', bytes: secret },
    },
    deadline: settings.deadline,
  });
  secret.fill(0);
  return new Promise((resolve) => {
    const giveUp = (): void => {
      running.kill();
      resolve(unavailable('given up'));
    };
    context.signal.addEventListener('abort', giveUp, { once: true });
    void running.exit.then((exit) => {
      context.signal.removeEventListener('abort', giveUp);
      // Not before: a program that does not want to end still takes its place.
      release();
      resolve(verdictOf(settings, argv[0], running, exit, credentials.login));
    });
  });
}

function verdictOf(settings: CommandSettings, program: string, running: Running, exit: Exit, login: string): Verdict {
  switch (exit.how) {
    case 'timeout':
      return unavailable(`${program}: no answer within ${settings.deadline} ms`);
    case 'signaled':
      return unavailable(`${program}: ended by ${exit.signal}`);
    case 'failed':
      return unavailable(`${program}: cannot be run: ${exit.message}`);
    case 'exited':
  }
  if (settings.rejected.includes(exit.code)) return { outcome: 'rejected' };
  if (!settings.accepted.includes(exit.code)) return unavailable(`${program}: exit ${exit.code}`);
  const output = running.output(1);
  if (output.length >= MOST_OUTPUT) return unavailable(`${program}: said too much`);
  try {
    return { outcome: 'accepted', identity: readIdentity(output, login) };
  } catch (error) {
    return unavailable(`${program}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
