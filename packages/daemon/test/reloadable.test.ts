/** Verifiers and a queue that are exchanged in the middle of their work. */
import { leadsSasl, Secret } from '@postern/core';
import type { Credentials, Queue, SaslVerifier, Verdict, Verifier, VerifyContext } from '@postern/core';
import { describe, expect, it } from 'vitest';
import { reloadableQueue, reloadableVerifiers } from '../src/plugins/reloadable.js';

const here = { address: '127.0.0.1', port: 1 };
const context: VerifyContext = {
  sessionId: 's',
  listener: 'l',
  peer: here,
  local: here,
  mechanism: 'PLAIN',
  signal: new AbortController().signal,
};
const credentials = (): Credentials => ({ kind: 'password', mechanism: 'PLAIN', login: 'a', password: Secret.of('p') });

/** A verifier whose answers wait until they are given. */
function manual(name: string) {
  const answers: ((verdict: Verdict) => void)[] = [];
  let closed = false;
  const verifier: Verifier = {
    name,
    checks: new Set(['password']),
    verify: () => new Promise((resolve) => answers.push(resolve)),
    close: async () => void (closed = true),
  };
  return {
    verifier,
    get asked() {
      return answers.length;
    },
    get closed() {
      return closed;
    },
    answer: (verdict: Verdict) => answers.shift()?.(verdict),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('reloadable verifiers', () => {
  it('ask nobody before they are released', async () => {
    const one = manual('one');
    const set = reloadableVerifiers([one.verifier]);
    const verdict = set.verifiers[0]!.verify(credentials(), context);
    await turn();
    expect(one.asked).toBe(0);
    set.release();
    await turn();
    one.answer({ outcome: 'rejected' });
    expect(await verdict).toEqual({ outcome: 'rejected' });
  });

  it('let an attempt end where it began, and close what was replaced after it', async () => {
    const [one, two] = [manual('one'), manual('two')];
    const set = reloadableVerifiers([one.verifier]);
    set.release();
    const first = set.verifiers[0]!.verify(credentials(), context);
    await turn();
    set.replace([two.verifier]);
    const second = set.verifiers[0]!.verify(credentials(), context);
    await turn();
    expect([one.asked, two.asked, one.closed]).toEqual([1, 1, false]);
    one.answer({ outcome: 'accepted', identity: { login: 'a' } });
    two.answer({ outcome: 'rejected' });
    expect([(await first).outcome, (await second).outcome]).toEqual(['accepted', 'rejected']);
    await turn();
    expect([one.closed, two.closed]).toEqual([true, false]);
  });

  it('look like whoever is in them', () => {
    const set = reloadableVerifiers([manual('one').verifier]);
    expect(set.verifiers.slice(0, 2).map((verifier) => [verifier.name, [...verifier.checks]])).toEqual([
      ['one', ['password']],
      ['none', []],
    ]);
    set.replace([manual('two').verifier, manual('three').verifier]);
    expect(set.verifiers.slice(0, 3).map((verifier) => verifier.name)).toEqual(['two', 'three', 'none']);
    set.replace([]);
    expect(set.verifiers[0]?.checks.size).toBe(0);
  });

  it('are unavailable rather than anything else when their verifier has gone', async () => {
    const set = reloadableVerifiers([manual('one').verifier]);
    set.release();
    const [place] = set.verifiers;
    set.replace([]);
    expect((await place!.verify(credentials(), context)).outcome).toBe('unavailable');
  });

  it('lead the exchanges of a verifier that leads them, and none otherwise', async () => {
    const leader: SaslVerifier = {
      ...manual('leader').verifier,
      mechanisms: new Set(['X-ONE']),
      begin: () => ({ step: async () => ({ outcome: 'rejected' }), cancel: () => undefined }),
    };
    const set = reloadableVerifiers([leader]);
    set.release();
    const [place] = set.verifiers;
    if (place === undefined || !leadsSasl(place)) throw new Error('does not lead');
    expect([...place.mechanisms]).toEqual(['X-ONE']);
    expect(await place.begin('X-ONE', context).step(undefined)).toEqual({ outcome: 'rejected' });
    set.replace([manual('two').verifier]);
    expect([...place.mechanisms]).toEqual([]);
    expect((await place.begin('X-ONE', context).step(undefined)).outcome).toBe('unavailable');
  });
});

describe('a reloadable queue', () => {
  it('lets a message end where it began', async () => {
    const done: (() => void)[] = [];
    const make = (name: string) => {
      const state = { closed: false };
      const queue: Queue = {
        name,
        carries: new Set(['8bit']),
        submit: () => new Promise((resolve) => done.push(() => resolve({ outcome: 'queued', id: name }))),
        close: async () => void (state.closed = true),
      };
      return { queue, state };
    };
    const [one, two] = [make('one'), make('two')];
    const set = reloadableQueue(one.queue);
    const submit = () =>
      set.queue.submit({ sender: null, recipients: [], body: '7bit', smtputf8: false }, (async function* () {})(), {
        ...context,
      });
    const first = submit();
    set.replace(two.queue);
    const second = submit();
    expect(one.state.closed).toBe(false);
    for (const finish of done) finish();
    expect(await Promise.all([first, second])).toEqual([
      { outcome: 'queued', id: 'one' },
      { outcome: 'queued', id: 'two' },
    ]);
    await turn();
    expect([one.state.closed, two.state.closed, set.queue.name]).toEqual([true, false, 'two']);
  });
});
