/** A POP3 server as a verifier. */
import { checkOptions, gate, plainAddress } from '@postern/core';
import type { PasswordCredentials, Verdict, Verifier } from '@postern/core';
import { openChannel } from './channel.js';
import type { ChannelTarget } from './channel.js';
import { logIn, QUIT } from './dialog.js';
import { pop3Options, readCa } from './options.js';
import type { Pop3Options, Pop3Settings } from './options.js';
import { unavailable } from './reply.js';

const OWNER = 'auth-pop3';

// RFC 2449 §4: a command line is at most 255 octets, with its verb and CRLF.
const LONGEST_ARGUMENT = 255 - 'USER \r\n'.length;
// APOP shares its line with 32 hexadecimal digits and a space; the verb is as long.
const LONGEST_APOP_LOGIN = LONGEST_ARGUMENT - 33;

/** @throws OptionError */
export function pop3(options: Pop3Options): Verifier {
  const settings = checkOptions(OWNER, pop3Options, options);
  const targetOf = targets(settings);
  const hosts = new Map(Object.entries(settings.hosts).map(([address, host]) => [plainAddress(address), host]));
  const door = gate({ concurrency: settings.concurrency, waiting: settings.waiting });
  const dialog = { startTls: settings.tls === 'starttls', method: settings.method, inUse: settings.inUse };
  warn(settings);

  return {
    name: 'pop3',
    checks: new Set(['password'] as const),
    async verify(credentials, context) {
      if (credentials.kind !== 'password') return unavailable('only passwords can be asked about');
      if (!canBeAsked(credentials, settings.method)) return { outcome: 'rejected' };
      const release = await door.enter(context.signal);
      if (release === undefined) return unavailable('too many logins at once');
      // A copy: the caller may wipe the original once its signal is aborted.
      const password = Buffer.from(credentials.password.bytes());
      try {
        const target = targetOf(hosts.get(context.local.address) ?? settings.host);
        return await within(settings.deadline, context.signal, async (signal) => {
          const channel = await openChannel(target, signal);
          try {
            const verdict = await logIn(channel, dialog, credentials.login, password);
            channel.finish(QUIT);
            return verdict;
          } catch (error) {
            channel.destroy();
            throw error;
          }
        });
      } catch (error) {
        return unavailable(causeOf(error));
      } finally {
        password.fill(0);
        release();
      }
    },
  };
}

/** What could end a line or does not fit into one is refused without asking. */
function canBeAsked({ login, password }: PasswordCredentials, method: Pop3Settings['method']): boolean {
  const bytes = password.bytes();
  // With a space in the login APOP would have one word more.
  const apop = method !== 'user';
  return (
    login !== '' &&
    bytes.length > 0 &&
    bytes.length <= LONGEST_ARGUMENT &&
    Buffer.byteLength(login) <= (apop ? LONGEST_APOP_LOGIN : LONGEST_ARGUMENT) &&
    !(apop && login.includes(' ')) &&
    !CONTROL.test(login) &&
    !CONTROL.test(bytes.toString('latin1'))
  );
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;

function targets(settings: Pop3Settings): (host: string) => ChannelTarget {
  const { servername, rejectUnauthorized, tls, connectTime } = settings;
  const ca = readCa(OWNER, settings.ca);
  const port = settings.port ?? (tls === 'implicit' ? 995 : 110);
  const tlsOptions = {
    rejectUnauthorized,
    minVersion: 'TLSv1.2' as const,
    ...(ca === undefined ? {} : { ca }),
    ...(servername === undefined ? {} : { servername }),
  };
  return (host) => ({ host, port, tls, tlsOptions, connectTime });
}

/** The verdict, unless the time is up or the client gone before it: then the signal that `work` was given is aborted. */
async function within(
  deadline: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Verdict>,
): Promise<Verdict> {
  const controller = new AbortController();
  let cause: string | undefined;
  const giveUp = (why: string): void => {
    cause ??= why;
    controller.abort();
  };
  const abort = (): void => giveUp('given up');
  const timer = setTimeout(() => giveUp(`no answer within ${deadline} ms`), deadline);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await work(controller.signal);
  } catch (error) {
    if (cause !== undefined) return unavailable(cause);
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function causeOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code;
  return typeof message === 'string' ? message : 'no answer';
}

function warn({ tls, rejectUnauthorized, host, method }: Pop3Settings): void {
  if (tls === 'none' && method !== 'apop') {
    process.emitWarning(`${OWNER}: passwords go to ${host} in the clear`, { code: 'POSTERN_NO_TLS' });
  } else if (tls !== 'none' && !rejectUnauthorized) {
    process.emitWarning(`${OWNER}: any certificate is taken for ${host}`, { code: 'POSTERN_ANY_CERTIFICATE' });
  }
}
