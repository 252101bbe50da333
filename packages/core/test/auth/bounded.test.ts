import { describe, expect, it } from 'vitest';
import { bounded } from '../../src/auth/bounded.js';
import { gate } from '../../src/base/gate.js';
import { Secret } from '../../src/base/secret.js';
import { boundedQueue } from '../../src/policy/bounded-queue.js';
import type { QueueResult } from '../../src/ports/queue.js';
import type { Verdict, VerifyContext } from '../../src/ports/verifier.js';
import { facts } from '../session/fixture.js';

const signal = new AbortController().signal;

describe('bounded', () => {
  it('lets so many in, so many wait, and is unavailable beyond', async () => {
    const answers: ((verdict: Verdict) => void)[] = [];
    const slow = bounded(
      { name: 'slow', checks: new Set(['password']), verify: () => new Promise((resolve) => answers.push(resolve)) },
      gate({ concurrency: 1, waiting: 1 }),
    );
    const context: VerifyContext = { ...facts, mechanism: 'PLAIN', signal };
    const ask = (): Promise<Verdict> =>
      slow.verify({ kind: 'password', mechanism: 'PLAIN', login: 'a', password: Secret.of('b') }, context);
    const first = ask();
    const second = ask();
    expect(await ask()).toEqual({ outcome: 'unavailable', cause: 'too many logins at once (1 busy)' });
    await expect.poll(() => answers.length).toBe(1);
    answers[0]?.({ outcome: 'rejected' });
    expect((await first).outcome).toBe('rejected');
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.({ outcome: 'rejected' });
    expect((await second).outcome).toBe('rejected');
  });
});

describe('boundedQueue', () => {
  it('is deferred beyond, gives the place back after an error, and reads nothing meanwhile', async () => {
    const fail: ((error: Error) => void)[] = [];
    const slow = boundedQueue(
      {
        name: 'slow',
        carries: new Set(['8bit']),
        submit: () => new Promise<QueueResult>((_resolve, reject) => fail.push(reject)),
      },
      gate({ concurrency: 1, waiting: 0 }),
    );
    const envelope = { sender: null, recipients: [], body: '7bit', smtputf8: false } as const;
    const submit = (): Promise<QueueResult> => slow.submit(envelope, (async function* () {})(), { ...facts, signal });
    const first = submit();
    expect((await submit()).outcome).toBe('deferred');
    fail[0]?.(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    void submit();
    await expect.poll(() => fail.length).toBe(2);
  });
});
