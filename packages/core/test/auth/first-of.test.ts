import { describe, expect, it } from 'vitest';
import { firstOf } from '../../src/auth/first-of.js';
import { Secret } from '../../src/base/secret.js';
import type { Verdict, Verifier, VerifyContext } from '../../src/ports/verifier.js';
import { facts } from '../session/fixture.js';

const context: VerifyContext = { ...facts, mechanism: 'PLAIN', signal: new AbortController().signal };

const verifier = (name: string, verdict: Verdict | Error, checks: 'password' | 'cram-md5' = 'password'): Verifier => ({
  name,
  checks: new Set([checks]),
  verify: () => (verdict instanceof Error ? Promise.reject(verdict) : Promise.resolve(verdict)),
});

const yes = (login = 'alice', uid?: number): Verdict => ({
  outcome: 'accepted',
  identity: { login, ...(uid === undefined ? {} : { uid }) },
});
const no: Verdict = { outcome: 'rejected' };
const down: Verdict = { outcome: 'unavailable', cause: 'down' };

const ask = (...verifiers: Verifier[]): ReturnType<ReturnType<typeof firstOf>['verify']> =>
  firstOf(verifiers).verify(
    { kind: 'password', mechanism: 'PLAIN', login: 'alice', password: Secret.of('pw') },
    context,
  );

describe('firstOf', () => {
  it.each([
    ['the first that accepts wins', [yes('a'), yes('b')], 'accepted', 'v0'],
    ['a rejection goes on', [no, yes()], 'accepted', 'v1'],
    ['an outage goes on', [down, yes()], 'accepted', 'v1'],
    ['all reject', [no, no], 'rejected', 'v0'],
    ['an outage is remembered before a rejection', [down, no], 'unavailable', 'v0'],
    ['an outage is remembered after a rejection', [no, down], 'unavailable', 'v1'],
    ['a verifier that throws has not answered', [new Error('bug'), no], 'unavailable', 'v0'],
    ['nobody to ask', [], 'rejected', undefined],
  ] as const)('%s', async (_what, verdicts, outcome, name) => {
    const answer = await ask(...verdicts.map((verdict, i) => verifier(`v${i}`, verdict)));
    expect(answer.verdict.outcome).toBe(outcome);
    expect(answer.verifier).toBe(name);
  });

  it('asks only those that can check what was shown', async () => {
    const answer = await ask(verifier('cram', yes(), 'cram-md5'), verifier('file', no));
    expect(answer).toEqual({ verdict: no, verifier: 'file' });
    expect([...firstOf([verifier('a', no), verifier('b', no, 'cram-md5')]).checks]).toEqual(['password', 'cram-md5']);
  });

  it('never lets the superuser in', async () => {
    expect((await ask(verifier('v', yes('root')))).verdict.outcome).toBe('rejected');
    expect((await ask(verifier('v', yes('toor', 0)))).verdict.outcome).toBe('rejected');
  });

  it('closes all of them', async () => {
    const closed: string[] = [];
    const closing = (name: string): Verifier => ({ ...verifier(name, no), close: async () => void closed.push(name) });
    await firstOf([closing('a'), verifier('b', no), closing('c')]).close();
    expect(closed).toEqual(['a', 'c']);
  });
});
