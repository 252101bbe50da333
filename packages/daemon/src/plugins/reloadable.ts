/**
 * Verifiers and a queue that can be exchanged while the server runs. What is under way goes on with what it began with;
 * that is closed when the last of it has ended.
 */
import { leadsSasl } from '@postern/core';
import type { Queue, SaslVerifier, Verifier, VerifyContext } from '@postern/core';
import { MOST_VERIFIERS } from '../config/schema.js';
import { readiness } from './readiness.js';
import type { Readiness } from './readiness.js';

/** A thing in use, closed when it has been retired and nobody uses it any more. */
class Lease<T extends { close?(): Promise<void> }> {
  readonly target: T;
  #uses = 0;
  #retired = false;

  constructor(target: T) {
    this.target = target;
  }

  async use<R>(work: (target: T) => Promise<R>): Promise<R> {
    this.#uses++;
    try {
      return await work(this.target);
    } finally {
      this.#uses--;
      this.#closeIfIdle();
    }
  }

  retire(): void {
    this.#retired = true;
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    // Its trouble in ending is nobody's trouble any more.
    if (this.#retired && this.#uses === 0) void this.target.close?.().catch(() => undefined);
  }
}

export interface ReloadableVerifiers {
  /** For the server: a fixed number of places, some of them empty. */
  readonly verifiers: readonly Verifier[];
  replace(next: readonly Verifier[]): void;
  /** Lets the answers go; until then every attempt waits. Asked before it is known that no verifier accepts everybody. */
  release(): void;
}

export function reloadableVerifiers(first: readonly Verifier[]): ReloadableVerifiers {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const places = Array.from({ length: MOST_VERIFIERS }, (_, i) => place(first[i], released));
  return {
    verifiers: places.map(({ verifier }) => verifier),
    replace: (next) => places.forEach((one, i) => one.put(next[i])),
    release: () => release(),
  };
}

const NOTHING: ReadonlySet<never> = new Set();

/** One place in the chain. It leads the SASL mechanisms of whoever is in it, which may be none. */
function place(first: Verifier | undefined, released: Promise<void>) {
  let lease = first === undefined ? undefined : new Lease(first);
  const leader = (): SaslVerifier | undefined =>
    lease !== undefined && leadsSasl(lease.target) ? lease.target : undefined;
  const verifier: SaslVerifier & Readiness = {
    get name() {
      return lease?.target.name ?? 'none';
    },
    get checks() {
      return lease?.target.checks ?? NOTHING;
    },
    get mechanisms() {
      return leader()?.mechanisms ?? NOTHING;
    },
    async verify(credentials, context) {
      await released;
      const current = lease;
      if (current === undefined) return { outcome: 'unavailable', cause: 'the verifier is gone' };
      return current.use((target) => target.verify(credentials, context));
    },
    begin: (mechanism: string, context: VerifyContext) => {
      const exchange = leader()?.begin(mechanism, context);
      return {
        async step(response) {
          await released;
          return exchange?.step(response) ?? { outcome: 'unavailable', cause: 'the verifier is gone' };
        },
        cancel: () => exchange?.cancel(),
      };
    },
    ready: async () => lease === undefined || readiness(lease.target),
    close: async () => lease?.target.close?.(),
  };
  return {
    verifier,
    put(next: Verifier | undefined) {
      lease?.retire();
      lease = next === undefined ? undefined : new Lease(next);
    },
  };
}

export interface ReloadableQueue {
  readonly queue: Queue;
  replace(next: Queue): void;
}

export function reloadableQueue(first: Queue): ReloadableQueue {
  let lease = new Lease(first);
  const queue: Queue = {
    get name() {
      return lease.target.name;
    },
    // EHLO was promised what the first one carries; a reload to one that carries less is refused.
    carries: first.carries,
    submit: (envelope, message, context) => lease.use((target) => target.submit(envelope, message, context)),
    close: async () => lease.target.close?.(),
  };
  return {
    queue,
    replace(next) {
      lease.retire();
      lease = new Lease(next);
    },
  };
}
