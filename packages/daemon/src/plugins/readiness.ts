/** Verifiers that need a moment before they know what they can do: Dovecot's lists its mechanisms when it is connected. */
import type { Verifier } from '@postern/core';

/** What such a verifier has besides. */
export interface Readiness {
  /** True when it can answer, false if it does not look like it. */
  ready(): Promise<boolean>;
}

const waits = (verifier: Verifier): verifier is Verifier & Readiness =>
  'ready' in verifier && typeof verifier.ready === 'function';

/** Asks `verifier`; one that has nothing to say about it is ready. Never rejects. */
export async function readiness(verifier: Verifier): Promise<boolean> {
  if (!waits(verifier)) return true;
  try {
    // What came from a module may resolve with anything.
    const answer: unknown = await verifier.ready();
    return answer !== false;
  } catch {
    return false;
  }
}

/** Milliseconds. Without what is not ready by then, a server starts all the same: it may come later. */
const PATIENCE = 5000;

/**
 * Waits until all are ready.
 *
 * @param time milliseconds at most. Default 5 s
 * @returns those that are not
 */
export async function unready(verifiers: readonly Verifier[], time = PATIENCE): Promise<Verifier[]> {
  const ready = new Set<Verifier>();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, time);
  });
  const all = Promise.all(
    verifiers.map(async (verifier) => {
      if (await readiness(verifier)) ready.add(verifier);
    }),
  );
  await Promise.race([all, late]);
  clearTimeout(timer);
  return verifiers.filter((verifier) => !ready.has(verifier));
}
