import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifierContract } from '../../src/contract/index.js';
import type { VerifierContractOptions } from '../../src/contract/index.js';
import type { Credentials, Verdict, Verifier } from '../../src/ports/verifier.js';

const user = { login: 'alice', password: 'wonderland' };

const isRight = (credentials: Credentials): boolean =>
  credentials.login === user.login &&
  (credentials.kind === 'password'
    ? credentials.password.text() === user.password
    : createHmac('md5', user.password).update(credentials.challenge).digest('hex') === credentials.response);

type Answer = (credentials: Credentials, signal: AbortSignal) => Promise<Verdict>;

const honest: Answer = async (credentials, signal) => {
  if (signal.aborted) return { outcome: 'unavailable', cause: 'aborted' };
  return isRight(credentials)
    ? { outcome: 'accepted', identity: { login: credentials.login } }
    : { outcome: 'rejected' };
};

const verifierOf = (answer: Answer): Verifier => ({
  name: 'memory',
  checks: new Set(['password', 'cram-md5']),
  verify: (credentials, { signal }) => answer(credentials, signal),
});

const contract = (answer: Answer = honest, cause = 'out of order'): VerifierContractOptions => ({
  create: () => ({ verifier: verifierOf(answer) }),
  user,
  checks: ['password', 'cram-md5'],
  unavailable: () => ({ verifier: verifierOf(async () => ({ outcome: 'unavailable', cause })) }),
  hanging: () => ({
    verifier: verifierOf(
      (_credentials, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ outcome: 'unavailable', cause: 'aborted' }));
        }),
    ),
  }),
  patience: 1000,
});

describe('a verifier that keeps the contract', () => {
  verifierContract(it, contract());
});

describe('what does not apply is named, with its reason', () => {
  verifierContract(it, { ...contract(), hanging: { because: 'it asks nobody' } });
});

async function failures(options: VerifierContractOptions): Promise<string[]> {
  const cases: { name: string; body: () => Promise<void> }[] = [];
  verifierContract((name, body) => cases.push({ name, body }), options);
  const failed: string[] = [];
  for (const { name, body } of cases) await body().catch(() => failed.push(name));
  return failed;
}

const accepted: Verdict = { outcome: 'accepted', identity: { login: 'somebody' } };

describe('a verifier that breaks the contract is found out', () => {
  const liars: [name: string, answer: Answer, found: string][] = [
    ['accepts everybody', async () => accepted, 'rejects a wrong password'],
    [
      'says "rejected" for an outage',
      async (credentials) => (isRight(credentials) ? accepted : { outcome: 'rejected' }),
      'aborted before',
    ],
    ['throws', async () => Promise.reject(new Error('no')), 'accepts the right password'],
    [
      'cuts at NUL',
      (credentials, signal) => honest({ ...credentials, login: credentials.login.split('\0')[0] ?? '' }, signal),
      'NUL in a login',
    ],
    [
      'takes a wildcard',
      (credentials, signal) =>
        honest({ ...credentials, login: credentials.login.replace(/\w?\*$/, user.login) }, signal),
      'LDAP',
    ],
    [
      'binds anonymously',
      (credentials, signal) =>
        credentials.kind === 'password' && credentials.password.length === 0
          ? Promise.resolve(accepted)
          : honest(credentials, signal),
      'empty password',
    ],
    [
      'wipes what is not its own',
      async (credentials, signal) => {
        const verdict = await honest(credentials, signal);
        if (credentials.kind === 'password') credentials.password.wipe();
        return verdict;
      },
      'leaves the password to the caller',
    ],
    [
      'tells the password',
      async (credentials, signal) => {
        const verdict = await honest(credentials, signal);
        return verdict.outcome === 'accepted' ? { ...verdict, identity: { login: user.password } } : verdict;
      },
      'leaves the password to the caller',
    ],
  ];

  it.each(liars)('%s', async (_name, answer, found) => {
    expect((await failures(contract(answer))).join('\n')).toContain(found);
  });

  it('writes the password into its cause', async () => {
    expect((await failures(contract(honest, `no luck with ${user.password}`))).join('\n')).toContain('with a cause');
  });

  it('checks other than it says', async () => {
    expect(await failures({ ...contract(), checks: ['password'] })).not.toEqual([]);
  });

  it('and one that keeps it is not', async () => {
    expect(await failures(contract())).toEqual([]);
  });
});
