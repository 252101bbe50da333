/**
 * Remembers who was accepted, for a few seconds: a mail run of 200 messages in 200 sessions is not 200 processes.
 * Refusals and outages are never remembered.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { leadsSasl } from '../ports/verifier.js';
import type { Clock } from '../base/clock.js';
import type { Identity, PasswordCredentials, SaslVerifier, Verifier } from '../ports/verifier.js';

export interface RememberOptions {
  /** Milliseconds for which an acceptance holds. */
  readonly time: number;
  /** Most acceptances held; the oldest go first. */
  readonly entries: number;
  readonly clock: Clock;
}

export interface RememberingVerifier extends Verifier {
  /** Forgets everything: users or passwords may have changed. */
  forget(): void;
}

/**
 * A verifier that asks `verifier` only for what it has not accepted lately. Digests (CRAM-MD5) are never the same twice
 * and are always asked for.
 *
 * The password is not kept: the key is an HMAC under a key of this process's own, so that a memory image gives away
 * neither passwords nor anything that could be compared with another server's.
 */
export function remembered(verifier: SaslVerifier, options: RememberOptions): RememberingVerifier & SaslVerifier;
export function remembered(verifier: Verifier, options: RememberOptions): RememberingVerifier;
export function remembered(verifier: Verifier, options: RememberOptions): RememberingVerifier {
  const key = randomBytes(32);
  const accepted = new Map<string, { readonly login: string; readonly identity: Identity; readonly until: number }>();

  const digest = (shown: PasswordCredentials): string =>
    createHmac('sha256', key).update(shown.login).update('\0').update(shown.password.bytes()).digest('base64');

  const forgetLogin = (login: string): void => {
    for (const [entry, { login: of }] of accepted) if (of === login) accepted.delete(entry);
  };

  const remember = (entry: string, login: string, identity: Identity): void => {
    accepted.delete(entry);
    accepted.set(entry, { login, identity, until: options.clock.now() + options.time });
    const oldest = accepted.keys().next();
    if (accepted.size > options.entries && oldest.done !== true) accepted.delete(oldest.value);
  };

  const remembering: RememberingVerifier = {
    get name() {
      return verifier.name;
    },
    get checks() {
      return verifier.checks;
    },
    async verify(shown, context) {
      if (shown.kind !== 'password') return verifier.verify(shown, context);
      const entry = digest(shown);
      const known = accepted.get(entry);
      if (known !== undefined && known.until > options.clock.now()) {
        return { outcome: 'accepted', identity: known.identity };
      }
      accepted.delete(entry);
      const verdict = await verifier.verify(shown, context);
      if (verdict.outcome === 'accepted') remember(entry, shown.login, verdict.identity);
      // Somebody has another password now, or somebody guesses: either way the next one is asked for.
      else if (verdict.outcome === 'rejected') forgetLogin(shown.login);
      return verdict;
    },
    forget: () => accepted.clear(),
    close: async () => verifier.close?.(),
  };
  return leadsSasl(verifier) ? withExchanges(remembering, verifier) : remembering;
}

/** Exchanges that the verifier leads go past the memory. */
export function withExchanges<V extends Verifier>(of: V, leader: SaslVerifier): V & SaslVerifier {
  return Object.defineProperties(Object.create(of) as V & SaslVerifier, {
    mechanisms: { get: () => leader.mechanisms },
    begin: { value: leader.begin.bind(leader) },
  });
}
