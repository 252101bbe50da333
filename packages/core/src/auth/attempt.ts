/**
 * One attempt to log in, whatever the mechanism: throttle, deadline, verifiers, and an answer that takes the same time
 * whether the login exists or not. The only caller of verifiers.
 */
import { guard } from './first-of.js';
import type { Chain, ChainVerdict } from './first-of.js';
import type { Mutable } from '../base/mutable.js';
import type { AttemptLimits } from '../ports/limits.js';
import type { AuthenticationEvent, Observer } from '../ports/observer.js';
import type { Credentials, ExchangeStep, SaslExchange, Verdict, VerifyContext } from '../ports/verifier.js';

export type AttemptOutcome = Verdict | { readonly outcome: 'blocked' };

export interface AttemptOptions {
  readonly chain: Chain;
  readonly limits: AttemptLimits;
  readonly observer: Observer;
  /** Milliseconds that one attempt may take. */
  readonly deadline: number;
  /** A refusal takes at least this many milliseconds. It slows guessing, and hides which check refused. */
  readonly failureDelay: number;
}

export interface Authenticator {
  /**
   * Asks the verifiers. Wipes the password before it returns. Never rejects.
   *
   * @param abort aborts the signal of the context: the time is up
   */
  attempt(credentials: Credentials, context: VerifyContext, abort: () => void): Promise<AttemptOutcome>;
  /** A refusal that needed no verifier (an empty password, another authzid): counted and delayed like any other. */
  refuse(login: string, context: VerifyContext): Promise<AttemptOutcome>;
  /** One step of an exchange that a verifier leads. */
  advance(exchange: SaslExchange, response: Buffer | undefined, context: VerifyContext): Promise<ExchangeStep>;
}

export function authenticator(options: AttemptOptions): Authenticator {
  const { chain, limits, observer } = options;

  const report = (
    context: VerifyContext,
    login: string,
    outcome: AuthenticationEvent['outcome'],
    found?: ChainVerdict,
  ): void => {
    const { sessionId, peer, local, listener, tls, mechanism } = context;
    const event: Mutable<AuthenticationEvent> = {
      event: 'authentication',
      outcome,
      login,
      mechanism,
      sessionId,
      peer,
      local,
      listener,
    };
    if (tls !== undefined) event.tls = tls;
    if (found?.verifier !== undefined) event.verifier = found.verifier;
    if (found?.verdict.outcome === 'unavailable') event.cause = found.verdict.cause;
    observer.observe(event);
  };

  const settle = async (
    context: VerifyContext,
    login: string,
    found: ChainVerdict,
    started: number,
  ): Promise<Verdict> => {
    const { verdict } = found;
    const address = context.peer.address;
    // An outage is nobody's failed attempt.
    if (verdict.outcome === 'accepted') await limits.succeeded(address, login);
    else if (verdict.outcome === 'rejected') await limits.failed(address, login);
    report(context, login, verdict.outcome, found);
    if (verdict.outcome === 'rejected')
      await pause(options.failureDelay - (performance.now() - started), context.signal);
    return verdict;
  };

  return {
    async attempt(credentials, context, abort) {
      const started = performance.now();
      const { login } = credentials;
      try {
        if (await limits.blocked(context.peer.address, login)) {
          report(context, login, 'blocked');
          await pause(options.failureDelay, context.signal);
          return { outcome: 'blocked' };
        }
        const found = await withDeadline(chain.verify(credentials, context), options.deadline, abort);
        return await settle(context, login, found, started);
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        report(context, login, 'unavailable', { verdict: { outcome: 'unavailable', cause } });
        return { outcome: 'unavailable', cause };
      } finally {
        if (credentials.kind === 'password') credentials.password.wipe();
      }
    },

    refuse: (login, context) => settle(context, login, { verdict: { outcome: 'rejected' } }, performance.now()),

    async advance(exchange, response, context) {
      const started = performance.now();
      try {
        // Who it is comes out at the end only, so until then the address alone can be blocked.
        if (await limits.blocked(context.peer.address, '')) {
          exchange.cancel();
          report(context, '', 'blocked');
          return { outcome: 'unavailable', cause: 'blocked' };
        }
        const step = await exchange.step(response);
        if (step.outcome === 'challenge') return step;
        const verdict = step.outcome === 'accepted' ? guard(step.identity) : step;
        const login = verdict.outcome === 'accepted' ? verdict.identity.login : '';
        return await settle(context, login, { verdict }, started);
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        report(context, '', 'unavailable', { verdict: { outcome: 'unavailable', cause } });
        return { outcome: 'unavailable', cause };
      }
    },
  };
}

/** A verifier that never answers, or does not look at its signal, is unavailable all the same. */
function withDeadline(answer: Promise<ChainVerdict>, deadline: number, abort: () => void): Promise<ChainVerdict> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve({ verdict: { outcome: 'unavailable', cause: `no answer within ${deadline} ms` } });
      abort();
    }, deadline);
    void answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}
