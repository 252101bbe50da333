/** Logs in to an IMAP server and out again. imapflow speaks the protocol; what its answers mean is decided in verdict.ts. */
import { isUtf8 } from 'node:buffer';
import { checkOptions, gate, plainAddress } from '@postern/core';
import type { PasswordCredentials, Verdict, Verifier, VerifyContext } from '@postern/core';
import { ImapFlow } from 'imapflow';
import { imapOptions, readCa } from './options.js';
import type { ImapOptions, ImapSettings } from './options.js';
import { verdictOfFailure } from './verdict.js';

const OWNER = 'auth-imap';

// No answer that a login needs is longer; a server that sends more is not waited for.
const LONGEST_ANSWER = 65_536;

// RFC 5321 §4.5.3.1: no address is longer, and no login that is an address. Servers drop the connection over very long
// lines, which would look like an outage.
const LONGEST_LOGIN = 320;
const LONGEST_PASSWORD = 1_024;

/** @throws OptionError */
export function imap(options: ImapOptions): Verifier {
  const settings = checkOptions(OWNER, imapOptions, options);
  const ca = readCa(OWNER, settings.ca);
  const hosts = new Map(Object.entries(settings.hosts).map(([address, host]) => [plainAddress(address), host]));
  const door = gate({ concurrency: settings.concurrency, waiting: settings.waiting });
  warn(settings);

  return {
    name: 'imap',
    checks: new Set(['password'] as const),
    async verify(credentials, context) {
      if (credentials.kind !== 'password') return unavailable('only passwords can be asked about');
      if (!canBeAsked(credentials)) return { outcome: 'rejected' };
      const release = await door.enter(context.signal);
      if (release === undefined) return unavailable('too many logins at once');
      try {
        const host = hosts.get(context.local.address) ?? settings.host;
        return await ask(settings, host, ca, credentials, context);
      } finally {
        release();
      }
    },
  };
}

const unavailable = (cause: string): Verdict => ({ outcome: 'unavailable', cause });

/** What no IMAP server can know, and what could end a line of the protocol, is refused without asking. */
function canBeAsked({ login, password }: PasswordCredentials): boolean {
  const bytes = password.bytes();
  return (
    bytes.length > 0 &&
    // The library takes text; RFC 4616 §2 wants UTF-8.
    isUtf8(bytes) &&
    Buffer.byteLength(login) <= LONGEST_LOGIN &&
    bytes.length <= LONGEST_PASSWORD &&
    !CONTROL.test(login) &&
    !CONTROL.test(bytes.toString('latin1')) &&
    // imapflow takes any NO with these words for a success, and many a server repeats the login in its NO.
    !login.includes(TAKEN_FOR_SUCCESS) &&
    !bytes.includes(TAKEN_FOR_SUCCESS)
  );
}

const TAKEN_FOR_SUCCESS = 'Some of the requested messages no longer exist';

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;

async function ask(
  settings: ImapSettings,
  host: string,
  ca: string | undefined,
  { login, password }: PasswordCredentials,
  context: VerifyContext,
): Promise<Verdict> {
  const { servername, rejectUnauthorized, method } = settings;
  const client = new ImapFlow({
    host,
    port: settings.port ?? (settings.tls === 'implicit' ? 993 : 143),
    secure: settings.tls === 'implicit',
    // `true` is "or not at all": without it a server, or somebody in between, could talk us out of TLS.
    ...(settings.tls === 'implicit' ? {} : { doSTARTTLS: settings.tls === 'starttls' }),
    ...(servername === undefined ? {} : { servername }),
    tls: { rejectUnauthorized, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    auth: {
      user: login,
      pass: password.text(),
      ...(method === 'auto' ? {} : { loginMethod: method === 'plain' ? 'AUTH=PLAIN' : 'LOGIN' }),
    },
    verifyOnly: true,
    disableAutoIdle: true,
    logger: false,
    clientInfo: { name: 'postern', version: '', vendor: '', 'support-url': '' },
    connectionTimeout: settings.connectTime,
    greetingTimeout: settings.deadline,
    socketTimeout: settings.deadline,
    maxLineLength: LONGEST_ANSWER,
    maxLiteralSize: LONGEST_ANSWER,
    maxResponseSize: LONGEST_ANSWER,
  });
  // Whatever is emitted has its own way to us; unheard it would end the process.
  client.on('error', () => undefined);
  try {
    const late = await within(settings.deadline, context.signal, client.connect());
    if (late !== undefined) return unavailable(late);
    if (showedPassword(client)) return { outcome: 'accepted', identity: { login } };
    return unavailable('the server did not ask for the password');
  } catch (error) {
    return verdictOfFailure(error);
  } finally {
    client.close();
  }
}

/**
 * A server that lets everybody in at once (PREAUTH) would vouch for any password. imapflow's `authenticated` is true then
 * as well; only what it keeps beside its typings tells that a mechanism was used. Should that go away, nobody gets in.
 */
function showedPassword(client: ImapFlow): boolean {
  const { authCapabilities } = client as unknown as { readonly authCapabilities?: ReadonlyMap<string, boolean> };
  return client.authenticated !== false && [...(authCapabilities?.values() ?? [])].includes(true);
}

/** Why it was not waited for; `undefined` when it came. Rejects as `work` does. */
function within(deadline: number, signal: AbortSignal, work: Promise<void>): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void => finish(() => resolve('given up'));
    const timer = setTimeout(() => finish(() => resolve(`no answer within ${deadline} ms`)), deadline);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      settle();
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    work.then(
      () => finish(() => resolve(undefined)),
      (error: unknown) => finish(() => reject(error instanceof Error ? error : new Error(String(error)))),
    );
  });
}

function warn(settings: ImapSettings): void {
  if (settings.tls === 'none') {
    process.emitWarning(`${OWNER}: passwords go to ${settings.host} in the clear`, { code: 'POSTERN_NO_TLS' });
  } else if (!settings.rejectUnauthorized) {
    process.emitWarning(`${OWNER}: any certificate is taken for ${settings.host}`, { code: 'POSTERN_ANY_CERTIFICATE' });
  }
}
