/**
 * Asks a checkpassword program: one run for a login. Its exit code is the answer; everything that is not a clear answer is
 * `unavailable`. Knows no SMTP.
 */
import { start as startProgram } from '@postern/child';
import type { Exit, ProgramSpec, Running } from '@postern/child';
import { gate } from '@postern/core';
import type { Credentials, Verdict, Verifier, VerifyContext } from '@postern/core';
import { exitMeaning } from './exit-code.js';
import { identityFrom } from './identity.js';
import { checkpasswordSettings } from './options.js';
import type { CheckpasswordOptions, CheckpasswordSettings } from './options.js';
import { encodeRequest } from './request.js';

// An environment of any sane size; more is thrown away.
const OUTPUT_LIMIT = 64 * 1024;

const unavailable = (cause: string): Verdict => ({ outcome: 'unavailable', cause });

const REJECTED: Verdict = { outcome: 'rejected' };

/**
 * A verifier that runs a checkpassword program (cr.yp.to/checkpwd/interface.html) for every login.
 *
 * @throws OptionError
 *
 * @example
 *
 *     const verifier = checkpassword({ program: ['/bin/checkpassword', 'true'] });
 */
export function checkpassword(options: CheckpasswordOptions): Verifier {
  const settings = checkpasswordSettings(options);
  const places = gate(settings);
  return {
    name: 'checkpassword',
    checks: settings.checks,
    async verify(credentials, context) {
      if (!settings.checks.has(credentials.kind)) return unavailable(`does not check ${credentials.kind}`);
      // Nobody but the superuser is called that, and it never logs in: nothing is to be learned by asking.
      if (credentials.login === 'root') return REJECTED;
      const leave = await places.enter(context.signal);
      if (leave === undefined) {
        return unavailable(context.signal.aborted ? 'the client did not wait' : 'too many logins are waiting');
      }
      return ask(settings, credentials, context, leave);
    },
  };
}

function ask(
  settings: CheckpasswordSettings,
  credentials: Credentials,
  context: VerifyContext,
  leave: () => void,
): Promise<Verdict> {
  if (credentials.kind === 'password' && credentials.password.length === 0) {
    leave();
    return Promise.resolve(REJECTED);
  }
  const request = encodeRequest(credentials, settings.requestLimit, settings.cram || 'challenge-response');
  if (typeof request === 'string') {
    leave();
    // The program could only be shown something else than what the client wrote, and there is no such user.
    return Promise.resolve(REJECTED);
  }
  const running = startProgram(programSpec(settings, request, context));
  request.fill(0);
  return new Promise((resolve) => {
    const giveUp = (): void => {
      running.kill();
      resolve(unavailable('the client did not wait'));
    };
    context.signal.addEventListener('abort', giveUp, { once: true });
    void running.exit.then((exit) => {
      context.signal.removeEventListener('abort', giveUp);
      // Not before: a program that does not want to end still takes its place.
      leave();
      resolve(verdict(settings, running, exit, credentials.login));
    });
  });
}

function programSpec(settings: CheckpasswordSettings, request: Buffer, context: VerifyContext): ProgramSpec {
  const { peer, local } = context;
  // tcp-environ(5). vchkpw looks at them to tell SMTP from POP3, and puts the address into its log.
  const env: Record<string, string> = { ...settings.env, PROTO: 'TCP' };
  if (peer.address !== '') env['TCPREMOTEIP'] = peer.address;
  if (local.address !== '') {
    env['TCPLOCALIP'] = local.address;
    env['TCPLOCALPORT'] = String(local.port);
  }
  return {
    argv: settings.argv,
    ...(settings.cwd === undefined ? {} : { cwd: settings.cwd }),
    env,
    // Standard error is not read: there are programs that write passwords there.
    fds: {
      3: { kind: 'input', bytes: request },
      ...(settings.readsOutput ? { 1: { kind: 'output', limit: OUTPUT_LIMIT } } : {}),
    },
    deadline: settings.deadline,
  };
}

function verdict(settings: CheckpasswordSettings, running: Running, exit: Exit, login: string): Verdict {
  const program = settings.argv[0];
  if (exit.how === 'timeout') return unavailable(`${program}: no answer within ${settings.deadline} ms`);
  if (exit.how === 'signaled') return unavailable(`${program}: ended by ${exit.signal}`);
  if (exit.how === 'failed') return unavailable(`${program}: cannot be run: ${exit.message}`);
  const meaning = exitMeaning(settings.flavour, exit.code);
  if (meaning.outcome === 'unavailable') return unavailable(`${program}: ${meaning.cause}`);
  if (meaning.outcome === 'rejected') return REJECTED;
  const identity = identityFrom(settings.readsOutput ? running.output(1) : Buffer.alloc(0), login, settings.flavour);
  if (identity.login === 'root' || identity.uid === 0) return REJECTED;
  return { outcome: 'accepted', identity };
}
