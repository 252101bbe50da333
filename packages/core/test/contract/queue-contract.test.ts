import { describe, expect, it } from 'vitest';
import { queueContract } from '../../src/contract/index.js';
import { memoryQueue } from './memory-queue.js';
import type { Fault } from './memory-queue.js';

describe('a queue that keeps the contract', () => {
  queueContract(it, { create: () => memoryQueue() });
});

/** Runs the whole suite and gives back the names of the cases that fail. */
async function failures(fault: Fault): Promise<string[]> {
  const cases: { name: string; body: () => Promise<void> }[] = [];
  queueContract((name, body) => cases.push({ name, body }), { create: () => memoryQueue(fault), patience: 1000 });
  const failed: string[] = [];
  for (const { name, body } of cases) await body().catch(() => failed.push(name));
  return failed;
}

describe('a queue that breaks the contract is found out', () => {
  it.each([
    ['commits-what-broke-off', 'breaks off'],
    ['swallows-errors', 'the same error'],
    ['merges-recipients', 'not merged'],
    ['loses-an-octet', 'exact octets'],
    ['ignores-the-signal', 'a signal that'],
    ['keeps-references', 'uses its buffer again'],
    ['takes-control-characters', 'never queued'],
  ] as const)('%s', async (fault, expected) => {
    expect((await failures(fault)).some((name) => name.includes(expected))).toBe(true);
  });

  it('and one that keeps it is not', async () => {
    expect(await failures('none')).toEqual([]);
  });
});
