/** The assembly: verifiers, policy, queue and engine become a submission server. The only place that chooses defaults. */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { authenticator } from './auth/attempt.js';
import { bounded } from './auth/bounded.js';
import { firstOf } from './auth/first-of.js';
import type { Chain } from './auth/first-of.js';
import { ownMechanisms } from './auth/mechanisms.js';
import { remembered } from './auth/remembered.js';
import type { RememberingVerifier } from './auth/remembered.js';
import { throttle } from './auth/throttle.js';
import { systemClock } from './base/clock.js';
import type { Clock } from './base/clock.js';
import { gate } from './base/gate.js';
import type { Mailbox } from './base/mailbox.js';
import { checkOptions, OptionError } from './base/options.js';
import { messageOptions } from './message/options.js';
import type { MessageSettings, MessageTools } from './message/options.js';
import { limitSettings, listenSettings, timeoutSettings } from './options.js';
import type { Limits, LimitSettings, ListenOptions, ListenSettings, TimeoutSettings } from './options.js';
import { boundedQueue } from './policy/bounded-queue.js';
import { connectionLimits } from './policy/connection-limits.js';
import { networkMatcher } from './policy/networks.js';
import { knownSenders } from './policy/senders.js';
import type { Certificates } from './ports/certificates.js';
import type { AttemptLimits, ConnectionLimits } from './ports/limits.js';
import { silent } from './ports/observer.js';
import type { Observer } from './ports/observer.js';
import type { Queue } from './ports/queue.js';
import type { SenderPolicy } from './ports/sender-policy.js';
import type { Verifier } from './ports/verifier.js';
import type { ConnectionMeta, Engine, EngineHost, EngineListener } from './session/engine.js';
import type { SessionRules } from './session/rules.js';
import type { SessionServices } from './session/services.js';
import { newSessionId } from './session/session-id.js';
import { Session } from './session/session.js';
import { wireEngine } from './wire/engine.js';

const OWNER = '@postern/core';

export interface SubmissionServerOptions {
  /** Name in the greeting, in EHLO and in Received. */
  readonly hostname: string;
  readonly listen: readonly ListenSettings[];
  /** Needed by every listener with TLS. */
  readonly certificates?: Certificates;
  /** Asked in order; the first that accepts wins. */
  readonly verifiers: readonly Verifier[];
  /** Mechanisms to offer, at most; in this order. Default: whatever the verifiers can check. */
  readonly mechanisms?: readonly string[];
  /** PLAIN with an empty authcid takes the authzid. Default false. */
  readonly authzidAsLogin?: boolean;
  readonly queue: Queue;
  /** Who may send as whom. Default `knownSenders`. */
  readonly senders?: SenderPolicy;
  /** How messages are completed. */
  readonly message?: Omit<MessageSettings, 'sizeLimit'>;
  /** Rewriting rules and name tables. Default: an address without a host gets `hostname`, and there are no tables. */
  readonly rewriting?: Partial<MessageTools>;
  /** VERP senders are allowed. Default false. */
  readonly verp?: boolean;
  readonly limits?: LimitSettings;
  readonly timeouts?: TimeoutSettings;
  /** Told of every session, authentication and message. Default: nobody. */
  readonly observer?: Observer;
  /** Default: our own. The bridge to smtp-server is `@postern/core/smtp-server`. */
  readonly engine?: Engine;
  readonly clock?: Clock;
  /** Counting across processes. Default: in this one. */
  readonly attempts?: AttemptLimits;
  readonly connections?: ConnectionLimits;
}

/** A listener that is bound. */
export interface BoundListener {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly tls: ListenOptions['tls'];
}

export interface SubmissionServer {
  /** Binds every listener. @throws Error of the first that cannot be bound; the others are closed again. */
  start(): Promise<readonly BoundListener[]>;
  /** Serves a stream that somebody else accepted, by the rules of the listener of that name (default: the first). */
  handleConnection(stream: Duplex, meta: ConnectionMeta & { readonly listener?: string }): Promise<void>;
  /** Open connections. */
  readonly connections: number;
  /** Forgets remembered logins: users or passwords may have changed. */
  forgetLogins(): void;
  /** Stops accepting, lets messages in flight finish for so many milliseconds (default 30 s), then closes the rest. */
  close(deadline?: number): Promise<void>;
}

/** @throws OptionError for the first option that is wrong. */
export function createSubmissionServer(options: SubmissionServerOptions): SubmissionServer {
  const limits = checkOptions(OWNER, z.strictObject({ limits: limitSettings.prefault({}) }), {
    limits: options.limits ?? {},
  }).limits;
  const timeouts = checkOptions(OWNER, z.strictObject({ timeouts: timeoutSettings.prefault({}) }), {
    timeouts: options.timeouts ?? {},
  }).timeouts;
  const listeners = checkOptions(OWNER, z.strictObject({ listen: z.array(listenSettings) }), {
    listen: options.listen,
  }).listen;
  const engine = options.engine ?? wireEngine();
  const services = assembleServices(options, limits);
  const connections =
    options.connections ?? connectionLimits({ total: limits.connections, perAddress: limits.connectionsPerAddress });
  const unauthenticated = connectionLimits({
    total: limits.unauthenticatedConnections,
    perAddress: limits.connectionsPerAddress,
  });
  const mechanisms = offeredMechanisms(options, services.chain);

  const hosts = listeners.map((listener, i): EngineHost => {
    const { certificates } = options;
    if (listener.tls !== 'none' && certificates === undefined) {
      throw new OptionError(
        OWNER,
        `listen[${i}].tls`,
        `${JSON.stringify(listener.tls)} without a certificate`,
        'certificates, or "none"',
      );
    }
    if (listener.tls === 'none' && listener.requireTls) {
      throw new OptionError(
        OWNER,
        `listen[${i}].requireTls`,
        'true without TLS',
        'false, or tls "starttls" or "implicit"',
      );
    }
    const rules = sessionRules(options, limits, listener, engine, { mechanisms, chain: services.chain });
    return {
      listener: listener.name ?? `${listener.address}:${listener.port}`,
      tls: listener.tls,
      ...(certificates === undefined ? {} : { certificates }),
      trustsProxy: proxyMatcher(listener, i),
      lineEndings: services.message.lineEndings,
      timeouts,
      limits: connections,
      unauthenticated,
      services,
      newSessionId,
      open: (facts) => new Session(facts, rules),
    };
  });

  let bound: EngineListener[] = [];
  return {
    async start() {
      const results = await Promise.allSettled(
        hosts.map((host, i) => {
          const { address = '::', port = 0 } = listeners[i] ?? {};
          return engine.listen(host, { address, port });
        }),
      );
      bound = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) {
        await Promise.all(bound.map((listener) => listener.close(0)));
        throw failed.reason;
      }
      return bound.map((listener, i) => ({
        name: hosts[i]?.listener ?? '',
        ...listener.bound,
        tls: listeners[i]?.tls ?? 'none',
      }));
    },
    async handleConnection(stream, meta) {
      const host = meta.listener === undefined ? hosts[0] : hosts.find((one) => one.listener === meta.listener);
      if (host === undefined)
        throw new OptionError(
          OWNER,
          'listener',
          JSON.stringify(meta.listener),
          hosts.map((one) => one.listener).join(', '),
        );
      await engine.handle(host, stream, meta);
    },
    get connections() {
      return bound.reduce((sum, listener) => sum + listener.connections, 0);
    },
    forgetLogins() {
      for (const verifier of services.remembering) verifier.forget();
    },
    async close(deadline = 30_000) {
      await Promise.all(bound.map((listener) => listener.close(deadline)));
      await Promise.all([services.chain.close(), options.queue.close?.()]);
    },
  };
}

type Assembled = SessionServices & {
  readonly chain: Chain;
  readonly remembering: readonly RememberingVerifier[];
};

function assembleServices(options: SubmissionServerOptions, limits: Limits): Assembled {
  const clock = options.clock ?? systemClock;
  const observer = options.observer ?? silent;
  const limited = options.verifiers.map((verifier) =>
    bounded(verifier, gate({ concurrency: limits.verifications, waiting: limits.verificationsWaiting })),
  );
  const memory = { time: limits.rememberLogins, entries: 10_000, clock };
  const remembering = limits.rememberLogins > 0 ? limited.map((verifier) => remembered(verifier, memory)) : [];
  const chain = firstOf(remembering.length > 0 ? remembering : limited);
  const attempts =
    options.attempts ??
    throttle({
      perAddress: limits.failedLoginsPerAddress,
      perLogin: limits.failedLoginsPerLogin,
      window: limits.failedLoginWindow,
      clock,
    });
  const tools = { idHost: options.hostname, rewrite: addHost(options.hostname), ...options.rewriting };
  return {
    authenticator: authenticator({
      chain,
      limits: attempts,
      observer,
      deadline: limits.verifyTime,
      failureDelay: limits.failureDelay,
    }),
    queue: boundedQueue(options.queue, gate({ concurrency: limits.submissions, waiting: limits.submissionsWaiting })),
    message: messageOptions({ ...options.message, sizeLimit: limits.messageSize }, tools),
    observer,
    clock,
    chain,
    remembering,
  };
}

const addHost =
  (hostname: string) =>
  (mailbox: Mailbox): Mailbox =>
    mailbox.domain === '' ? { localPart: mailbox.localPart, domain: hostname } : mailbox;

/** What the verifiers can check, and of that no more than was asked for. Never configured past it. */
function offeredMechanisms(options: SubmissionServerOptions, chain: Chain): () => readonly string[] {
  const { verifiers } = options;
  const wanted = options.mechanisms?.map((name) => name.toUpperCase());
  // Asked for every EHLO: what a verifier can check may change when its users do.
  return () => {
    const able = new Set(
      ownMechanisms
        .filter((mechanism) => verifiers.some((verifier) => verifier.checks.has(mechanism.check)))
        .map((mechanism) => mechanism.name),
    );
    for (const verifier of chain.saslVerifiers) for (const name of verifier.mechanisms) able.add(name.toUpperCase());
    return wanted === undefined ? [...able] : wanted.filter((name) => able.has(name));
  };
}

function sessionRules(
  options: SubmissionServerOptions,
  limits: Limits,
  listener: ListenOptions,
  engine: Engine,
  auth: { readonly mechanisms: () => readonly string[]; readonly chain: Chain },
): SessionRules {
  const clock = options.clock ?? systemClock;
  return Object.freeze({
    hostname: options.hostname,
    startTls: listener.tls === 'starttls',
    requireTls: listener.requireTls,
    requireLogin: listener.requireLogin,
    mechanisms: auth.mechanisms,
    leader: (mechanism: string) => auth.chain.saslVerifiers.find((verifier) => verifier.mechanisms.has(mechanism)),
    authzidAsLogin: options.authzidAsLogin ?? false,
    carries: options.queue.carries,
    chunking: engine.chunking,
    messageSize: limits.messageSize,
    recipients: limits.recipients,
    messages: limits.messages,
    errors: limits.errors,
    failedLogins: limits.failedLogins,
    verp: options.verp ?? false,
    senders: options.senders ?? knownSenders,
    complete: options.rewriting?.rewrite ?? addHost(options.hostname),
    nonce: () => randomBytes(16).toString('hex'),
    now: () => clock.now(),
  });
}

function proxyMatcher(listener: ListenOptions, i: number): (address: string) => boolean {
  for (const network of listener.proxyFrom) {
    const [address = '', bits] = network.split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    const valid = isIP(address) !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
    if (!valid)
      throw new OptionError(OWNER, `listen[${i}].proxyFrom`, JSON.stringify(network), 'an address, or network/bits');
  }
  return networkMatcher(listener.proxyFrom);
}
