/** Several verifiers in a row, seen as one. */
import { leadsSasl } from '../ports/verifier.js';
import type { Check, Identity, SaslVerifier, Verdict, Verifier } from '../ports/verifier.js';

/** A verdict, and who gave it. */
export interface ChainVerdict {
  readonly verdict: Verdict;
  readonly verifier?: string;
}

export interface Chain {
  readonly checks: ReadonlySet<Check>;
  /** Those that lead whole exchanges, in order. */
  readonly saslVerifiers: readonly SaslVerifier[];
  verify(...question: Parameters<Verifier['verify']>): Promise<ChainVerdict>;
  close(): Promise<void>;
}

/**
 * The first that accepts wins. A rejection goes on to the next. `unavailable` is remembered: unless another accepts, it
 * is the answer, for nobody can say then that the password is wrong.
 *
 * A password is asked only of verifiers that check passwords, a digest only of those that check digests.
 */
export function firstOf(verifiers: readonly Verifier[]): Chain {
  return {
    checks: new Set(verifiers.flatMap((verifier) => [...verifier.checks])),
    saslVerifiers: verifiers.filter(leadsSasl),
    async verify(credentials, context) {
      let answer: ChainVerdict = { verdict: { outcome: 'rejected' } };
      for (const verifier of verifiers) {
        if (!verifier.checks.has(credentials.kind)) continue;
        const verdict = await ask(verifier, credentials, context);
        if (verdict.outcome === 'accepted') return { verdict: guard(verdict.identity), verifier: verifier.name };
        if (verdict.outcome === 'unavailable' && answer.verdict.outcome !== 'unavailable') {
          answer = { verdict, verifier: verifier.name };
        } else if (answer.verifier === undefined) answer = { verdict: answer.verdict, verifier: verifier.name };
        if (context.signal.aborted) break;
      }
      return answer;
    },
    async close() {
      await Promise.all(verifiers.map(async (verifier) => verifier.close?.()));
    },
  };
}

/** A verifier that throws has not answered. */
async function ask(verifier: Verifier, ...question: Parameters<Verifier['verify']>): Promise<Verdict> {
  try {
    return await verifier.verify(...question);
  } catch (error) {
    return { outcome: 'unavailable', cause: error instanceof Error ? error.message : String(error) };
  }
}

/** The superuser never logs in, whoever vouches for it. */
export function guard(identity: Identity): Verdict {
  if (identity.uid === 0 || identity.login === 'root') return { outcome: 'rejected' };
  return { outcome: 'accepted', identity };
}
