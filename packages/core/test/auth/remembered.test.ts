import { describe, expect, it } from 'vitest';
import { remembered } from '../../src/auth/remembered.js';
import { Secret } from '../../src/base/secret.js';
import { leadsSasl } from '../../src/ports/verifier.js';
import type { Credentials, SaslVerifier, Verdict, Verifier, VerifyContext } from '../../src/ports/verifier.js';
import { facts } from '../session/fixture.js';

const context: VerifyContext = { ...facts, mechanism: 'PLAIN', signal: new AbortController().signal };

function setUp(answer: (shown: Credentials) => Verdict, entries = 10) {
  let now = 0;
  let asked = 0;
  const verifier: Verifier = {
    name: 'v',
    checks: new Set(['password', 'cram-md5']),
    verify: async (shown) => {
      asked++;
      return answer(shown);
    },
  };
  const memory = remembered(verifier, { time: 1000, entries, clock: { now: () => now } });
  const ask = (login: string, password: string): Promise<Verdict> =>
    memory.verify({ kind: 'password', mechanism: 'PLAIN', login, password: Secret.of(password) }, context);
  return { memory, ask, asked: () => asked, pass: (time: number) => (now += time) };
}

const rightIs =
  (password: string) =>
  (shown: Credentials): Verdict =>
    shown.kind === 'password' && shown.password.text() === password
      ? { outcome: 'accepted', identity: { login: shown.login } }
      : { outcome: 'rejected' };

describe('remembered', () => {
  it('asks once within the time, and again after it', async () => {
    const { ask, asked, pass } = setUp(rightIs('pw'));
    for (let i = 0; i < 3; i++) expect((await ask('alice', 'pw')).outcome).toBe('accepted');
    expect(asked()).toBe(1);
    pass(1000);
    await ask('alice', 'pw');
    expect(asked()).toBe(2);
  });

  it('knows login and password apart', async () => {
    const { ask, asked } = setUp(() => ({ outcome: 'accepted', identity: { login: 'x' } }));
    await ask('ab', 'c');
    await ask('a', 'bc');
    await ask('ab', 'd');
    expect(asked()).toBe(3);
  });

  it('remembers no refusal and no outage', async () => {
    for (const verdict of [{ outcome: 'rejected' }, { outcome: 'unavailable', cause: 'x' }] as const) {
      const { ask, asked } = setUp(() => verdict);
      await ask('alice', 'pw');
      await ask('alice', 'pw');
      expect(asked()).toBe(2);
    }
  });

  it('forgets a login on its first refusal, and no other', async () => {
    const { ask, asked } = setUp(rightIs('pw'));
    await ask('alice', 'pw');
    await ask('bob', 'pw');
    await ask('alice', 'wrong');
    await ask('alice', 'pw');
    await ask('bob', 'pw');
    expect(asked()).toBe(4);
  });

  it('forgets everything when told, and the oldest when full', async () => {
    const { memory, ask, asked } = setUp(rightIs('pw'), 2);
    await ask('alice', 'pw');
    memory.forget();
    await ask('alice', 'pw');
    expect(asked()).toBe(2);
    await ask('bob', 'pw');
    await ask('carol', 'pw');
    await ask('bob', 'pw');
    expect(asked()).toBe(4);
    await ask('alice', 'pw');
    expect(asked()).toBe(5);
  });

  it('always asks about a digest', async () => {
    const { memory, asked } = setUp(() => ({ outcome: 'accepted', identity: { login: 'a' } }));
    const shown = { kind: 'cram-md5', mechanism: 'CRAM-MD5', login: 'a', challenge: '<c>', response: '0' } as const;
    await memory.verify(shown, context);
    await memory.verify(shown, context);
    expect(asked()).toBe(2);
  });

  it('holds no password', async () => {
    const { memory, ask } = setUp(rightIs('hunter2'));
    await ask('alice', 'hunter2');
    const { inspect } = await import('node:util');
    expect(inspect(memory, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  it('leaves exchanges that the verifier leads to it', () => {
    const leader: SaslVerifier = {
      name: 'l',
      checks: new Set(['password']),
      mechanisms: new Set(['X']),
      verify: async () => ({ outcome: 'rejected' }),
      begin: () => ({ step: async () => ({ outcome: 'rejected' }), cancel: () => undefined }),
    };
    const memory = remembered(leader, { time: 1, entries: 1, clock: { now: () => 0 } });
    expect(leadsSasl(memory)).toBe(true);
    expect([...memory.mechanisms]).toEqual(['X']);
    expect(memory.name).toBe('l');
  });
});
