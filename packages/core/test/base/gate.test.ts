import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gate } from '../../src/base/gate.js';
import type { Release } from '../../src/base/gate.js';

const placeOf = async (entered: Promise<Release | undefined>): Promise<Release> => {
  const release = await entered;
  if (release === undefined) throw new Error('no place');
  return release;
};

describe('gate', () => {
  it('lets in as many as it may, makes the next wait and turns the one after that away', async () => {
    const door = gate({ concurrency: 2, waiting: 1 });
    const first = await placeOf(door.enter());
    await placeOf(door.enter());
    const third = door.enter();
    expect(await door.enter()).toBeUndefined();
    expect([door.busy, door.waiting]).toEqual([2, 1]);
    first();
    const release = await placeOf(third);
    expect([door.busy, door.waiting]).toEqual([2, 0]);
    release();
    expect(door.busy).toBe(1);
  });

  it('keeps the order of asking', async () => {
    const door = gate({ concurrency: 1, waiting: 10 });
    const order: number[] = [];
    const first = await placeOf(door.enter());
    const rest = [1, 2, 3].map(async (n) => {
      const release = await placeOf(door.enter());
      order.push(n);
      release();
    });
    first();
    await Promise.all(rest);
    expect(order).toEqual([1, 2, 3]);
  });

  it('gives a place back once, however often it is released', async () => {
    const door = gate({ concurrency: 1, waiting: 0 });
    const release = await placeOf(door.enter());
    release();
    release();
    await placeOf(door.enter());
    expect(door.busy).toBe(1);
    expect(await door.enter()).toBeUndefined();
  });

  it('forgets somebody who gives up waiting, and lets in nobody who gave up before', async () => {
    const door = gate({ concurrency: 1, waiting: 2 });
    const release = await placeOf(door.enter());
    const controller = new AbortController();
    const impatient = door.enter(controller.signal);
    const patient = door.enter();
    controller.abort();
    expect(await impatient).toBeUndefined();
    expect(door.waiting).toBe(1);
    release();
    (await placeOf(patient))();
    expect(door.busy).toBe(0);
    expect(await door.enter(AbortSignal.abort())).toBeUndefined();
  });

  it('never has more inside than allowed and never loses a place, whatever happens in whatever order', async () => {
    const step = fc.constantFrom('enter', 'leave', 'abort');
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.nat(3),
        fc.array(step),
        async (concurrency, waiting, steps) => {
          const door = gate({ concurrency, waiting });
          const inside: Release[] = [];
          const leaving: AbortController[] = [];
          const asked: Promise<unknown>[] = [];
          for (const what of steps) {
            if (what === 'enter') {
              const controller = new AbortController();
              leaving.push(controller);
              asked.push(door.enter(controller.signal).then((release) => release && inside.push(release)));
            } else if (what === 'leave') inside.shift()?.();
            else leaving.pop()?.abort();
            await Promise.resolve();
            expect(door.busy).toBeLessThanOrEqual(concurrency);
            expect(door.waiting).toBeLessThanOrEqual(waiting);
          }
          for (const controller of leaving) controller.abort();
          await Promise.all(asked);
          expect(inside.length).toBe(door.busy);
          for (const release of inside) release();
          expect([door.busy, door.waiting]).toEqual([0, 0]);
        },
      ),
    );
  });
});
