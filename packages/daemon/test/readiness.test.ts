import type { Verifier } from '@postern/core';
import { describe, expect, it } from 'vitest';
import { readiness, unready } from '../src/plugins/readiness.js';
import { reloadableVerifiers } from '../src/plugins/reloadable.js';

const verifier = (name: string, ready?: () => unknown): Verifier =>
  Object.assign(
    {
      name,
      checks: new Set(['password'] as const),
      verify: () => Promise.resolve({ outcome: 'rejected' as const }),
    },
    ready === undefined ? {} : { ready },
  );

const never = (): Promise<boolean> => new Promise(() => undefined);

describe('readiness', () => {
  it.each([
    ['nothing to say', undefined, true],
    ['true', async () => true, true],
    ['false', async () => false, false],
    ['an answer at once', () => false, false],
    ['a failure', async () => Promise.reject(new Error('x')), false],
    [
      'a throw',
      () => {
        throw new Error('x');
      },
      false,
    ],
  ])('%s', async (_name, ready, expected) => {
    expect(await readiness(verifier('one', ready))).toBe(expected);
  });

  it('is waited for, and not for ever', async () => {
    const all = [
      verifier('plain'),
      verifier('soon', () => new Promise((resolve) => setTimeout(() => resolve(true), 5))),
      verifier('down', async () => false),
    ];
    expect((await unready(all)).map(({ name }) => name)).toEqual(['down']);
    expect((await unready([...all, verifier('never', never)], 50)).map(({ name }) => name)).toEqual(['down', 'never']);
  });

  it('is seen through a place that can be reloaded, and before the answers are let go', async () => {
    const set = reloadableVerifiers([verifier('one', async () => false), verifier('two')]);
    const answers = (): Promise<boolean[]> => Promise.all(set.verifiers.slice(0, 3).map(readiness));
    expect(await answers()).toEqual([false, true, true]);
    set.replace([verifier('three', async () => true), verifier('four', async () => false)]);
    expect(await answers()).toEqual([true, false, true]);
  });
});
