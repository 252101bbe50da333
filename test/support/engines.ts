/** Which engine the system tests run over, and what the other one cannot do. */

/** POSTERN_TEST_ENGINE chooses; the daemon's default otherwise. */
export const engineUnderTest: string = process.env['POSTERN_TEST_ENGINE'] ?? 'wire';

/** Skips a test on one engine, for a reason that a reader can judge. */
export function notOn(test: { skip(reason: string): never }, engine: string, reason: string): void {
  if (engineUnderTest === engine) test.skip(`${engine}: ${reason}`);
}
