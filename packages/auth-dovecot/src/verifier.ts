/** Dovecot as a verifier: a password is asked in an exchange of our own, every other mechanism is passed through. */
import { checkOptions, gate } from '@postern/core';
import type { Check, PasswordCredentials, SaslVerifier, Verdict } from '@postern/core';
import { authClient } from './client.js';
import type { AuthClient } from './client.js';
import { beginExchange } from './exchange.js';
import type { Exchange } from './exchange.js';
import { dovecotOptions } from './options.js';
import type { DovecotOptions } from './options.js';
import { within } from './patience.js';
import type { ListedMechanism } from './protocol.js';

export interface DovecotVerifier extends SaslVerifier {
  /**
   * Waits until `mechanisms` is known; true if Dovecot answered. Takes at most `connectTime`, never rejects. To be waited
   * for before the first client is greeted: until then only PLAIN and LOGIN can be offered.
   */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

// These need something that the client's TLS session or a ticket would have to bring along, or nobody at all.
const SENSELESS = /^(EXTERNAL|ANONYMOUS|GSSAPI|GSS-SPNEGO|GS2-.*|.*-PLUS)$/;

// A password is a question for the whole chain, and is throttled and logged by login: these are not led but asked.
const PASSWORD_MECHANISMS = ['PLAIN', 'LOGIN'] as const;
const isPasswordMechanism = (name: string): boolean => PASSWORD_MECHANISMS.some((one) => one === name);

const PASSWORD: ReadonlySet<Check> = new Set(['password']);
const NOTHING: ReadonlySet<Check> = new Set();

/**
 * Connects at once and stays connected: when Dovecot goes and comes back, so do its mechanisms.
 *
 * @throws OptionError
 */
export function dovecot(options: DovecotOptions = {}): DovecotVerifier {
  const settings = checkOptions('auth-dovecot', dovecotOptions, options);
  const client = authClient(settings);
  const door = gate({ concurrency: settings.concurrency, waiting: settings.waiting });
  const asked = settings.mechanisms?.map((name) => name.toUpperCase());
  const passes = (listed: ListedMechanism): boolean =>
    !listed.flags.has('private') &&
    !isPasswordMechanism(listed.name) &&
    (asked === undefined ? !SENSELESS.test(listed.name) : asked.includes(listed.name));
  const ready = client.connection().then(
    () => true,
    () => false,
  );
  const takesPasswords = asked === undefined || asked.some(isPasswordMechanism);

  return {
    name: 'dovecot',
    get checks() {
      const known = client.mechanisms.length > 0;
      return takesPasswords && (!known || passwordMechanism(client) !== undefined) ? PASSWORD : NOTHING;
    },
    get mechanisms() {
      return new Set(client.mechanisms.filter(passes).map((listed) => listed.name));
    },
    begin: (mechanism, context) => beginExchange(client, door, settings, mechanism.toUpperCase(), context),
    async verify(credentials, context) {
      if (credentials.kind !== 'password' || !takesPasswords) {
        return { outcome: 'unavailable', cause: `does not check ${credentials.kind}` };
      }
      // Both would move the fields of a PLAIN message.
      if (credentials.login.includes('\0') || credentials.password.bytes().includes(0)) return { outcome: 'rejected' };
      if (credentials.password.length === 0) return { outcome: 'rejected' };
      try {
        const connection = await within(settings.deadline, context.signal, client.connection());
        if ('kind' in connection) return { outcome: 'unavailable', cause: connection.cause };
      } catch (error) {
        return { outcome: 'unavailable', cause: error instanceof Error ? error.message : String(error) };
      }
      const mechanism = passwordMechanism(client);
      if (mechanism === undefined) return { outcome: 'unavailable', cause: 'Dovecot lists neither PLAIN nor LOGIN' };
      const exchange = beginExchange(client, door, settings, mechanism, context, credentials.login);
      return mechanism === 'PLAIN' ? askPlain(exchange, credentials) : askLogin(exchange, credentials);
    },
    ready: () => ready,
    close() {
      client.close();
      return Promise.resolve();
    },
  };
}

const passwordMechanism = (client: AuthClient): 'PLAIN' | 'LOGIN' | undefined =>
  PASSWORD_MECHANISMS.find((name) => client.mechanisms.some((listed) => listed.name === name));

/** RFC 4616. */
async function askPlain(exchange: Exchange, { login, password }: PasswordCredentials): Promise<Verdict> {
  const response = Buffer.concat([Buffer.from(`\0${login}\0`), password.bytes()]);
  const step = await exchange.step(response);
  response.fill(0);
  return settled(exchange, step);
}

async function askLogin(exchange: Exchange, { login, password }: PasswordCredentials): Promise<Verdict> {
  let step = await exchange.step(undefined);
  for (const response of [Buffer.from(login), password.bytes()]) {
    if (step.outcome !== 'challenge') return step;
    step = await exchange.step(response);
  }
  return settled(exchange, step);
}

function settled(exchange: Exchange, step: Awaited<ReturnType<Exchange['step']>>): Verdict {
  if (step.outcome !== 'challenge') return step;
  exchange.cancel();
  return { outcome: 'unavailable', cause: 'Dovecot asked for more than login and password' };
}
