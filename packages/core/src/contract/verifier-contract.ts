/**
 * What every verifier must do, as cases for a test framework. Knows no implementation: whoever brings the verifier also
 * brings whatever it asks.
 */
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { Secret } from '../base/secret.js';
import type { Check, Credentials, Verdict, Verifier } from '../ports/verifier.js';
import { verifyContext } from './contexts.js';
import { settles, withFresh } from './define-test.js';
import type { DefineTest, DoesNotApply, UnderTest } from './define-test.js';
import { strangeLogins, strangePasswords } from './strange-credentials.js';

/** A verifier made for one case. */
export interface VerifierUnderTest extends UnderTest {
  readonly verifier: Verifier;
}

type Make = () => VerifierUnderTest | Promise<VerifierUnderTest>;

export interface VerifierContractOptions {
  /** Makes a verifier that knows `user`, and nobody of the names below. Called once for every case. */
  readonly create: Make;
  /** A user that it accepts. Login and password are ASCII, without spaces, quotes or wildcards. */
  readonly user: { readonly login: string; readonly password: string };
  /** The checks that it is made to have. */
  readonly checks: readonly Check[];
  /** Makes one that cannot find out: its server is down, its program is missing, its file cannot be read. */
  readonly unavailable: Make | DoesNotApply;
  /** Makes one whose server or program never answers. */
  readonly hanging: Make | DoesNotApply;
  /** Milliseconds that one question may take before a case fails. Default 20000. */
  readonly patience?: number;
}

/**
 * Defines the cases with `test`.
 *
 * @example
 *
 *     import { test } from 'node:test';
 *     import { verifierContract } from '@postern/core/contract';
 *
 *     verifierContract(test, {
 *       create: () => ({ verifier: myVerifier({ users: { alice: 'wonderland' } }) }),
 *       user: { login: 'alice', password: 'wonderland' },
 *       checks: ['password'],
 *       unavailable: { because: 'it asks nobody' },
 *       hanging: { because: 'it asks nobody' },
 *     });
 */
export function verifierContract(test: DefineTest, options: VerifierContractOptions): void {
  const { user } = options;
  const patience = options.patience ?? 20_000;

  const define = (name: string, body: (verifier: Verifier) => Promise<void>, create: Make = options.create): void => {
    test(name, () => withFresh(create, ({ verifier }) => body(verifier)));
  };
  const ask = async (verifier: Verifier, credentials: Credentials, signal?: AbortSignal): Promise<Verdict> => {
    const context = verifyContext(signal, credentials.mechanism);
    const verdict = await settles(verifier.verify(credentials, context), patience, `${verifier.name}: verify`);
    assertVerdict(verdict);
    return verdict;
  };
  const askPassword = (verifier: Verifier, login: string, password: string | Buffer): Promise<Verdict> =>
    ask(verifier, passwordCredentials(login, password));
  const checksPassword = options.checks.includes('password');
  const checksCram = options.checks.includes('cram-md5');

  define('has a name, and checks what it is said to check', async (verifier) => {
    assert.match(verifier.name, /^[a-z0-9][a-z0-9.-]*$/);
    assert.deepEqual([...verifier.checks].sort(), [...options.checks].sort());
  });

  if (checksPassword) {
    define('accepts the right password, and says who it is', async (verifier) => {
      const verdict = await askPassword(verifier, user.login, user.password);
      assert.equal(verdict.outcome, 'accepted', `expected accepted, got ${inspect(verdict)}`);
    });
    define('rejects a wrong password', async (verifier) => {
      for (const wrong of ['wrong', `${user.password}x`, user.password.slice(0, -1), `x${user.password}`]) {
        assert.equal((await askPassword(verifier, user.login, wrong)).outcome, 'rejected', `password ${wrong}`);
      }
    });
    define('rejects an unknown login', async (verifier) => {
      assert.equal((await askPassword(verifier, `no-such-${user.login}`, user.password)).outcome, 'rejected');
    });
    define('leaves the password to the caller, who wipes it', async (verifier) => {
      const credentials = passwordCredentials(user.login, user.password);
      const verdict = await ask(verifier, credentials);
      assert.equal(credentials.password.text(), user.password);
      credentials.password.wipe();
      assert.ok(!inspect(verdict, { depth: 9 }).includes(user.password), 'the verdict holds the password');
    });
  }

  // A single accident here is an open relay, or somebody else's account.
  for (const [what, logins] of strangeLogins(user)) {
    define(`never accepts by accident: ${what}`, async (verifier) => {
      for (const login of logins) {
        for (const password of [user.password, 'wrong', login]) {
          if (password === '') continue;
          const verdict = await askPassword(verifier, login, password);
          assert.notEqual(verdict.outcome, 'accepted', `login ${JSON.stringify(login.slice(0, 80))}`);
        }
      }
    });
  }
  for (const [what, passwords] of strangePasswords(user)) {
    define(`never accepts by accident: ${what}`, async (verifier) => {
      for (const password of passwords) {
        const verdict = await askPassword(verifier, user.login, password);
        assert.notEqual(verdict.outcome, 'accepted', `password ${JSON.stringify(String(password).slice(0, 80))}`);
      }
    });
  }
  define('never accepts an empty password or an empty login', async (verifier) => {
    assert.notEqual((await askPassword(verifier, user.login, '')).outcome, 'accepted');
    assert.notEqual((await askPassword(verifier, '', user.password)).outcome, 'accepted');
    assert.notEqual((await askPassword(verifier, '', '')).outcome, 'accepted');
    assert.notEqual((await askPassword(verifier, `no-such-${user.login}`, '')).outcome, 'accepted');
  });

  if (checksCram) {
    define('accepts the right digest (RFC 2195)', async (verifier) => {
      const verdict = await ask(verifier, cramCredentials(user.login, user.password));
      assert.equal(verdict.outcome, 'accepted', `expected accepted, got ${inspect(verdict)}`);
    });
    define('rejects a digest of another password, of another challenge, and of nobody', async (verifier) => {
      assert.equal((await ask(verifier, cramCredentials(user.login, 'wrong'))).outcome, 'rejected');
      const replayed = { ...cramCredentials(user.login, user.password), challenge: '<another@example.com>' };
      assert.equal((await ask(verifier, replayed)).outcome, 'rejected');
      assert.equal((await ask(verifier, cramCredentials(`no-such-${user.login}`, user.password))).outcome, 'rejected');
    });
    define('does not take the digest for a password, nor the password for a digest', async (verifier) => {
      const { challenge, response } = cramCredentials(user.login, user.password);
      if (checksPassword) assert.notEqual((await askPassword(verifier, user.login, response)).outcome, 'accepted');
      assert.notEqual((await askPassword(verifier, user.login, challenge)).outcome, 'accepted');
      const shown = { ...cramCredentials(user.login, user.password), response: user.password };
      assert.notEqual((await ask(verifier, shown)).outcome, 'accepted');
    });
  } else {
    define('does not accept a digest, which it cannot check', async (verifier) => {
      assert.notEqual((await ask(verifier, cramCredentials(user.login, user.password))).outcome, 'accepted');
    });
  }
  if (!checksPassword) {
    define('does not accept a password, which it cannot check', async (verifier) => {
      assert.notEqual((await askPassword(verifier, user.login, user.password)).outcome, 'accepted');
    });
  }

  define('many questions at once, each with its own answer', async (verifier) => {
    const right = (i: number): boolean => i % 3 === 0;
    const questions = Array.from({ length: 18 }, (_, i): Credentials => {
      const password = right(i) ? user.password : `wrong${i}`;
      const login = i % 3 === 2 ? `no-such-${user.login}-${i}` : user.login;
      return checksPassword ? passwordCredentials(login, password) : cramCredentials(login, password);
    });
    const verdicts = await Promise.all(questions.map((credentials) => ask(verifier, credentials)));
    assert.deepEqual(
      verdicts.map(({ outcome }) => outcome),
      questions.map((_, i) => (right(i) ? 'accepted' : 'rejected')),
    );
  });

  define('a signal that was aborted before: an answer, and not "rejected"', async (verifier) => {
    const verdict = await ask(verifier, anyCredentials(checksPassword, user.login, 'wrong'), AbortSignal.abort());
    assert.equal(verdict.outcome, 'unavailable', 'nobody has looked at the password');
  });

  conditional(
    define,
    'a signal that is aborted while it waits: unavailable, at once',
    options.hanging,
    async (verifier) => {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), 200);
      const verdict = await ask(verifier, anyCredentials(checksPassword, user.login, user.password), controller.signal);
      clearTimeout(timer);
      assert.equal(verdict.outcome, 'unavailable');
    },
  );

  conditional(define, 'what it cannot find out is unavailable, with a cause', options.unavailable, async (verifier) => {
    for (const password of [user.password, 'wrong']) {
      const verdict = await ask(verifier, anyCredentials(checksPassword, user.login, password));
      assert.equal(verdict.outcome, 'unavailable', `expected unavailable, got ${inspect(verdict)}`);
      assert.notEqual(verdict.cause, '', 'the cause is for the log');
      assert.ok(!verdict.cause.includes(user.password), 'the cause holds the password');
    }
  });

  define('close twice', async (verifier) => {
    await ask(verifier, anyCredentials(checksPassword, user.login, user.password));
    await settles(Promise.resolve(verifier.close?.()), patience, 'close');
    await settles(Promise.resolve(verifier.close?.()), patience, 'close');
  });
}

type Define = (name: string, body: (verifier: Verifier) => Promise<void>, create?: Make) => void;

function conditional(
  define: Define,
  name: string,
  make: Make | DoesNotApply,
  body: (verifier: Verifier) => Promise<void>,
): void {
  if (typeof make === 'function') define(name, body, make);
  else define(`${name} (does not apply: ${make.because})`, async () => undefined);
}

const passwordCredentials = (login: string, password: string | Buffer) =>
  ({
    kind: 'password',
    mechanism: 'PLAIN',
    login,
    password: Secret.of(typeof password === 'string' ? password : Buffer.from(password)),
  }) as const;

const cramCredentials = (login: string, password: string) => {
  const challenge = `<${randomBytes(16).toString('base64url')}.1700000000@mail.example.com>`;
  const response = createHmac('md5', password).update(challenge).digest('hex');
  return { kind: 'cram-md5', mechanism: 'CRAM-MD5', login, challenge, response } as const;
};

const anyCredentials = (checksPassword: boolean, login: string, password: string): Credentials =>
  checksPassword ? passwordCredentials(login, password) : cramCredentials(login, password);

function assertVerdict(verdict: Verdict): void {
  assert.ok(['accepted', 'rejected', 'unavailable'].includes(verdict.outcome), `outcome ${verdict.outcome}`);
  if (verdict.outcome !== 'accepted') return;
  const { identity } = verdict;
  // It goes into logs and Received fields.
  // eslint-disable-next-line no-control-regex
  assert.match(identity.login, /^[^\x00-\x1f\x7f]+$/);
  for (const id of [identity.uid, identity.gid]) assert.ok(id === undefined || (Number.isInteger(id) && id >= 0));
  assert.ok(identity.home === undefined || identity.home.startsWith('/'), `home ${identity.home ?? ''}`);
}
