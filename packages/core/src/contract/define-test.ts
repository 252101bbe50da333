/** How the suites name their cases and wait. Knows no test framework: any function that takes a name and a body will do. */

/** `test` of node:test, or `it` of vitest, jest or mocha. */
export type DefineTest = (name: string, body: () => Promise<void>) => unknown;

/** A reason why a case does not apply to an implementation. It becomes part of the case's name: nothing is left out in silence. */
export interface DoesNotApply {
  readonly because: string;
}

/** Something that was made for one case, and is given back after it. */
export interface UnderTest {
  dispose?(): void | Promise<void>;
}

/** Runs `body` with what `create` makes, and gives that back whatever happens. */
export async function withFresh<T extends UnderTest>(
  create: () => T | Promise<T>,
  body: (subject: T) => Promise<void>,
): Promise<void> {
  const subject = await create();
  try {
    await body(subject);
  } finally {
    await subject.dispose?.();
  }
}

/** @throws Error if `promise` is still pending after `milliseconds`. A promise that hangs is worse than one that fails. */
export async function settles<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not settle within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
