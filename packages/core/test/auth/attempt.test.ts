import { describe, expect, it } from 'vitest';
import { authenticator } from '../../src/auth/attempt.js';
import { firstOf } from '../../src/auth/first-of.js';
import { throttle } from '../../src/auth/throttle.js';
import { Secret } from '../../src/base/secret.js';
import type { Event } from '../../src/ports/observer.js';
import type { Credentials, Verdict, VerifyContext } from '../../src/ports/verifier.js';
import { facts } from '../session/fixture.js';

function setUp(verify: (login: string, context: VerifyContext) => Promise<Verdict>, deadline = 1000) {
  const events: Event[] = [];
  let now = 0;
  const clock = { now: () => now };
  const attempts = authenticator({
    chain: firstOf([
      { name: 'v', checks: new Set(['password']), verify: (shown, context) => verify(shown.login, context) },
    ]),
    limits: throttle({ perAddress: 3, perLogin: 2, window: 1000, clock }),
    observer: { observe: (event) => events.push(event) },
    deadline,
    failureDelay: 0,
  });
  const attempt = (login = 'alice', address = '192.0.2.1', password = Secret.of('hunter2')) => {
    const credentials: Credentials = { kind: 'password', mechanism: 'PLAIN', login, password };
    const peer = { address, port: 1 };
    const work = new AbortController();
    const context = { ...facts, peer, mechanism: 'PLAIN', signal: work.signal };
    return attempts.attempt(credentials, context, () => work.abort());
  };
  return { attempt, attempts, events, pass: (milliseconds: number) => (now += milliseconds) };
}

const reject = async (): Promise<Verdict> => ({ outcome: 'rejected' });

describe('an attempt', () => {
  it('wipes the password whatever the outcome, and never reports it', async () => {
    for (const verify of [reject, () => Promise.reject(new Error('broken'))]) {
      const { attempt, events } = setUp(verify);
      const password = Secret.of('hunter2');
      await attempt('alice', '192.0.2.1', password);
      expect(() => password.bytes()).toThrow();
      expect(JSON.stringify(events)).not.toContain('hunter2');
    }
  });

  it('is reported once, with verifier, login and the real address', async () => {
    const { attempt, events } = setUp(reject);
    await attempt();
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ event: 'authentication', outcome: 'rejected', login: 'alice', verifier: 'v' });
    expect(events[0]).toMatchObject({ peer: { address: '192.0.2.1' } });
  });

  it('is unavailable when the verifier hangs, and the verifier is told to give up', async () => {
    let given: AbortSignal | undefined;
    const { attempt, events } = setUp((_login, context) => {
      given = context.signal;
      return new Promise(() => undefined);
    }, 20);
    expect(await attempt()).toEqual({ outcome: 'unavailable', cause: 'no answer within 20 ms' });
    expect(given?.aborted).toBe(true);
    expect(events[0]).toMatchObject({ outcome: 'unavailable', cause: 'no answer within 20 ms' });
  });

  it('blocks a login after its failures, an address after its own, known or not, until the window is over', async () => {
    let asked = 0;
    const { attempt, pass } = setUp(() => {
      asked++;
      return reject();
    });
    await attempt('nobody', '192.0.2.1');
    await attempt('nobody', '192.0.2.2');
    expect((await attempt('nobody', '192.0.2.3')).outcome).toBe('blocked');
    await attempt('a', '192.0.2.1');
    await attempt('b', '192.0.2.1');
    expect((await attempt('c', '192.0.2.1')).outcome).toBe('blocked');
    expect((await attempt('c', '192.0.2.4')).outcome).toBe('rejected');
    expect(asked).toBe(5);
    pass(1000);
    expect((await attempt('nobody', '192.0.2.1')).outcome).toBe('rejected');
  });

  it('counts IPv6 by /64', async () => {
    const { attempt } = setUp(reject);
    for (const host of ['1', '2', '3']) await attempt(`u${host}`, `2001:db8:0:1::${host}`);
    expect((await attempt('x', '2001:db8:0:1:ffff::9')).outcome).toBe('blocked');
    expect((await attempt('y', '2001:db8:0:2::1')).outcome).toBe('rejected');
  });

  it('counts no outage', async () => {
    const { attempt } = setUp(async () => ({ outcome: 'unavailable', cause: 'down' }));
    for (let i = 0; i < 10; i++) expect((await attempt()).outcome).toBe('unavailable');
  });

  it('counts a refusal that needed no verifier', async () => {
    const { attempts, attempt } = setUp(reject);
    const context = { ...facts, mechanism: 'PLAIN', signal: new AbortController().signal };
    for (let i = 0; i < 2; i++) await attempts.refuse('alice', context);
    expect((await attempt('alice')).outcome).toBe('blocked');
  });
});

describe('an exchange that a verifier leads', () => {
  const context: VerifyContext = { ...facts, mechanism: 'X', signal: new AbortController().signal };

  it('is unavailable when it throws, rejected for the superuser, and blocked by address', async () => {
    const { attempts } = setUp(reject);
    const exchange = (step: () => Promise<Verdict>) => ({ step, cancel: () => undefined });
    const broken = exchange(() => Promise.reject(new Error('x')));
    expect((await attempts.advance(broken, undefined, context)).outcome).toBe('unavailable');
    const root = exchange(async () => ({ outcome: 'accepted', identity: { login: 'root' } }));
    for (let i = 0; i < 3; i++) expect((await attempts.advance(root, undefined, context)).outcome).toBe('rejected');
    expect(await attempts.advance(root, undefined, context)).toEqual({ outcome: 'unavailable', cause: 'blocked' });
  });
});
