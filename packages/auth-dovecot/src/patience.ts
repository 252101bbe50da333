/** How long is waited. Knows nothing of what is waited for. */

/** It was not waited for. */
export interface GivenUp {
  readonly kind: 'given-up';
  readonly cause: string;
}

/** What `work` gives, unless the time is up or the client gone before it. Rejects as `work` does. */
export function within<T>(milliseconds: number, signal: AbortSignal, work: Promise<T>): Promise<T | GivenUp> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    const giveUp = (cause: string): void => {
      end();
      resolve({ kind: 'given-up', cause });
    };
    const abort = (): void => giveUp('given up');
    const timer = setTimeout(() => giveUp(`no answer within ${milliseconds} ms`), milliseconds);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    work.then(
      (result) => {
        end();
        resolve(result);
      },
      (error: unknown) => {
        end();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
