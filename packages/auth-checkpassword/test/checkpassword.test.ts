import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { OptionError, Secret } from '@postern/core';
import type { Credentials, Verdict } from '@postern/core';
import { verifierContract, verifyContext } from '@postern/core/contract';
import { fakeCheckpassword, fakeProgram, tempDir, waitFor } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { checkpassword, probe } from '../src/index.js';
import type { CheckpasswordOptions } from '../src/index.js';
import { exitMeaning } from '../src/exit-code.js';

// vitest types its matchers as `any`.
const containing = (text: string): unknown => expect.stringContaining(text);

const user = { login: 'alice', password: 'wonderland' };

const passwordOf = (login: string, password: string): Credentials => ({
  kind: 'password',
  mechanism: 'PLAIN',
  login,
  password: Secret.of(password),
});

const ask = (options: CheckpasswordOptions, credentials = passwordOf(user.login, user.password)): Promise<Verdict> =>
  checkpassword(options).verify(credentials, verifyContext());

const hanging = () => {
  const fake = fakeCheckpassword({ hang: 'yes' });
  return { verifier: checkpassword({ program: [fake.path, 'true'] }), dispose: () => fake.remove() };
};
const missing = () => ({ verifier: checkpassword({ program: ['/nonexistent/checkpassword', 'true'] }) });

describe('checkpassword keeps the contract of verifiers', () => {
  verifierContract(it, {
    create: () => {
      const fake = fakeCheckpassword({ users: { alice: 'wonderland' } });
      return { verifier: checkpassword({ program: [fake.path, 'true'] }), dispose: () => fake.remove() };
    },
    user,
    checks: ['password'],
    unavailable: missing,
    hanging,
  });
});

describe.each(['challenge-response', 'response-challenge'] as const)('with CRAM-MD5 (%s) it keeps it too', (cram) => {
  verifierContract(it, {
    create: () => {
      const fake = fakeCheckpassword({ users: { alice: 'wonderland' }, cram });
      return { verifier: checkpassword({ program: [fake.path, 'true'], cram }), dispose: () => fake.remove() };
    },
    user,
    checks: ['password', 'cram-md5'],
    unavailable: missing,
    hanging,
  });
});

describe('descriptor 3', () => {
  it('three fields, each with a NUL behind it', async () => {
    const fake = fakeCheckpassword({ users: { alice: 'wonderland' } });
    await ask({ program: [fake.path, 'true'] });
    expect(fake.runs()[0]?.request.toString()).toBe('alice\0wonderland\0\0');
    fake.remove();
  });

  const challenge = '<1.2@mail.example.com>';
  const response = createHmac('md5', user.password).update(challenge).digest('hex');
  it.each([
    ['challenge-response', `alice\0${challenge}\0${response}\0`],
    ['response-challenge', `alice\0${response}\0${challenge}\0`],
  ] as const)('CRAM-MD5, %s', async (cram, expected) => {
    const fake = fakeCheckpassword({ exit: 0 });
    const credentials: Credentials = { kind: 'cram-md5', mechanism: 'CRAM-MD5', login: 'alice', challenge, response };
    expect(await ask({ program: [fake.path, 'true'], cram }, credentials)).toMatchObject({ outcome: 'accepted' });
    expect(fake.runs()[0]?.request.toString()).toBe(expected);
    fake.remove();
  });

  it('cmd5checkpw checks digests without being told, and wants the challenge first', async () => {
    const fake = fakeCheckpassword({ exit: 0 });
    const verifier = checkpassword({ program: [fake.path, 'true'], flavour: 'cmd5checkpw' });
    expect([...verifier.checks]).toEqual(['password', 'cram-md5']);
    await verifier.verify(
      { kind: 'cram-md5', mechanism: 'CRAM-MD5', login: 'alice', challenge, response },
      verifyContext(),
    );
    expect(fake.runs()[0]?.request.toString()).toBe(`alice\0${challenge}\0${response}\0`);
    expect(
      checkpassword({ program: [fake.path, 'true'], flavour: 'cmd5checkpw', cram: false }).checks.has('cram-md5'),
    ).toBe(false);
    fake.remove();
  });

  it.each([
    [{}, 512],
    [{ flavour: 'vchkpw' as const }, 155],
    [{ requestLimit: 100 }, 100],
  ])('%j: at most so many octets, and nothing is run for more', async (options, limit) => {
    const fake = fakeCheckpassword({ exit: 0 });
    const fits = passwordOf('alice', 'x'.repeat(limit - 'alice'.length - 3));
    expect(await ask({ program: [fake.path, 'true'], ...options }, fits)).toMatchObject({ outcome: 'accepted' });
    expect(fake.runs()[0]?.request.length).toBe(limit);
    const over = passwordOf('alice', 'x'.repeat(limit - 'alice'.length - 2));
    expect(await ask({ program: [fake.path, 'true'], ...options }, over)).toEqual({ outcome: 'rejected' });
    expect(fake.runs()).toHaveLength(1);
    fake.remove();
  });

  it.each([
    ['NUL in the login', passwordOf('al\0ice', 'x')],
    ['NUL in the password', passwordOf('alice', 'x\0y')],
    ['an empty password', passwordOf('alice', '')],
    ['root', passwordOf('root', 'x')],
  ])('%s: rejected, and nothing is run', async (_name, credentials) => {
    const fake = fakeCheckpassword({ exit: 0 });
    expect(await ask({ program: [fake.path, 'true'] }, credentials)).toEqual({ outcome: 'rejected' });
    expect(fake.runs()).toEqual([]);
    fake.remove();
  });
});

describe('exit codes', () => {
  const rejects = { checkpassword: [1], cmd5checkpw: [1], vchkpw: [1, 3, 12, 13, 20, 21, 22, 23], cvm: [100] } as const;
  it.each(['checkpassword', 'cmd5checkpw', 'vchkpw', 'cvm'] as const)(
    '%s: every code there is has a meaning',
    (flavour) => {
      for (let code = 0; code < 256; code++) {
        const expected =
          code === 0 ? 'accepted' : (rejects[flavour] as readonly number[]).includes(code) ? 'rejected' : 'unavailable';
        expect(exitMeaning(flavour, code).outcome, `exit ${code}`).toBe(expected);
      }
    },
  );

  it.each([2, 3, 100, 111, 126, 127, 255])('a program that exits %i could not find out', async (exit) => {
    const fake = fakeCheckpassword({ exit });
    expect(await ask({ program: [fake.path, 'true'] })).toMatchObject({
      outcome: 'unavailable',
      cause: containing(`exit ${exit}`),
    });
    fake.remove();
  });

  it.each(['KILL', 'SEGV', 'TERM', 'PIPE'])('one that is ended by SIG%s could not', async (signal) => {
    const fake = fakeCheckpassword({ signal });
    expect(await ask({ program: [fake.path, 'true'] })).toMatchObject({
      outcome: 'unavailable',
      cause: containing(`SIG${signal}`),
    });
    fake.remove();
  });

  it('nor one that is missing, or may not be run', async () => {
    const file = tempDir().write('checkpassword', '#!/bin/sh\nexit 0\n', 0o644);
    expect(await ask({ program: [file, 'true'] })).toMatchObject({
      outcome: 'unavailable',
      cause: containing('EACCES'),
    });
    expect(await ask({ program: ['/nonexistent', 'true'] })).toMatchObject({
      outcome: 'unavailable',
      cause: containing('ENOENT'),
    });
  });

  it('nor one that takes too long: it is ended', async () => {
    const fake = fakeCheckpassword({ hang: 'ignore-term' });
    expect(await ask({ program: [fake.path, 'true'], deadline: 200 })).toMatchObject({
      outcome: 'unavailable',
      cause: containing('200 ms'),
    });
    expect(fake.runs().map(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([false]);
    fake.remove();
  });

  it('the program behind decides last: its exit code counts', async () => {
    const fake = fakeCheckpassword({ users: { alice: 'wonderland' } });
    expect(await ask({ program: [fake.path, 'sh', '-c', 'exit 1'] })).toEqual({ outcome: 'rejected' });
    expect(await ask({ program: [fake.path, 'sh', '-c', 'exit 0'] })).toMatchObject({ outcome: 'accepted' });
    expect(await ask({ program: [fake.path, 'no-such-program-anywhere'] })).toMatchObject({ outcome: 'unavailable' });
    fake.remove();
  });

  it.each([
    { read: 'none' as const, exit: 1 },
    { read: 'none' as const, exit: 0 },
  ])('one that does not read its request: %j', async (behaviour) => {
    const fake = fakeCheckpassword(behaviour);
    expect((await ask({ program: [fake.path, 'true'] })).outcome).toBe(behaviour.exit === 0 ? 'accepted' : 'rejected');
    fake.remove();
  });

  it('a flood on its outputs, and a grandchild that holds them', async () => {
    const fake = fakeCheckpassword({ users: { alice: 'wonderland' }, flood: 1_000_000, grandchild: 20 });
    expect(await ask({ program: [fake.path, 'env', '-0'] })).toMatchObject({ outcome: 'accepted' });
    fake.remove();
  });
});

describe('who it is', () => {
  it('env -0: USER and HOME', async () => {
    const fake = fakeCheckpassword({
      users: { alice: 'wonderland' },
      environment: { USER: 'alice.l', HOME: '/home/alice' },
    });
    expect(await ask({ program: [fake.path, 'env', '-0'] })).toEqual({
      outcome: 'accepted',
      identity: { login: 'alice.l', home: '/home/alice' },
    });
    fake.remove();
  });

  it('true: what the client wrote', async () => {
    const fake = fakeCheckpassword({ users: { alice: 'wonderland' }, environment: { USER: 'other' } });
    expect(await ask({ program: [fake.path, '/bin/true'] })).toEqual({
      outcome: 'accepted',
      identity: { login: 'alice' },
    });
    fake.remove();
  });

  it('vchkpw has the whole login in VPOPUSER, and only its local part in USER', async () => {
    const environment = {
      USER: 'alice',
      VPOPUSER: 'alice@example.com',
      HOME: '/home/vpopmail/domains/example.com/alice',
    };
    const fake = fakeCheckpassword({ users: { alice: 'wonderland' }, environment });
    expect(await ask({ program: [fake.path, 'env', '-0'], flavour: 'vchkpw' })).toMatchObject({
      identity: { login: 'alice@example.com' },
    });
    const { VPOPUSER: _, ...without } = environment;
    fake.behave({ users: { alice: 'wonderland' }, environment: without });
    expect(await ask({ program: [fake.path, 'env', '-0'], flavour: 'vchkpw' })).toMatchObject({
      identity: { login: 'alice' },
    });
    fake.remove();
  });

  it.each([{ USER: 'root' }, { UID: '0' }])('the superuser never logs in: %j', async (environment) => {
    const fake = fakeCheckpassword({ users: { alice: 'wonderland' }, environment });
    expect(await ask({ program: [fake.path, 'env', '-0'] })).toEqual({ outcome: 'rejected' });
    fake.remove();
  });

  it('odd output is no reason to refuse', async () => {
    const program = fakeProgram(
      'cat <&3 >/dev/null; printf "USER=a\\nb\\0=x\\0\\0HOME=relative\\0UID=x\\0GID=-1\\0USER=cut"\n',
    );
    expect(await ask({ program: [program.path, 'x'] })).toEqual({ outcome: 'accepted', identity: { login: 'alice' } });
    program.remove();
  });
});

describe('how the program is run', () => {
  it('a clean environment with the four variables, the arguments as they are, no other descriptors', async () => {
    const dir = tempDir();
    const program = fakeProgram(
      `cat /proc/$$/environ | tr '\\0' '\\n' >"${dir.path}/env"; for a; do echo "[$a]"; done >"${dir.path}/args"\n` +
        `ls /proc/$$/fd >"${dir.path}/fds"; cat <&3 >/dev/null\n`,
    );
    await ask({ program: [program.path, 'a b', '$HOME', ''].filter((word) => word !== ''), env: { CVM: 'x' } });
    const read = (name: string): string => readFileSync(dir.file(name), 'utf8');
    expect(read('env').trim().split('\n').sort()).toEqual([
      'CVM=x',
      'PATH=/usr/local/bin:/usr/bin:/bin',
      'PROTO=TCP',
      'TCPLOCALIP=192.0.2.2',
      'TCPLOCALPORT=587',
      'TCPREMOTEIP=192.0.2.1',
    ]);
    expect(read('args')).toBe('[a b]\n[$HOME]\n');
    expect(
      read('fds')
        .split('\n')
        .filter((fd) => fd !== '' && Number(fd) < 10),
    ).toEqual(['0', '1', '2', '3']);
    program.remove();
  });

  it('so many at a time, so many waiting, and no more', async () => {
    const dir = tempDir();
    const program = fakeProgram(
      `cat <&3 >/dev/null; : >"${dir.path}/$$"; while [ ! -e "${dir.path}/go" ]; do sleep 0.05; done; exit 1\n`,
    );
    const verifier = checkpassword({ program: [program.path, 'true'], concurrency: 2, waiting: 1 });
    const question = (): Promise<Verdict> => verifier.verify(passwordOf('alice', 'x'), verifyContext());
    const answers = [question(), question(), question()];
    expect(await question()).toEqual({ outcome: 'unavailable', cause: 'too many logins are waiting' });
    const { readdirSync } = await import('node:fs');
    await waitFor('two runs', () => readdirSync(dir.path).length === 2);
    dir.write('go', '');
    expect(await Promise.all(answers)).toEqual([
      { outcome: 'rejected' },
      { outcome: 'rejected' },
      { outcome: 'rejected' },
    ]);
    expect(await question()).toEqual({ outcome: 'rejected' });
    program.remove();
  });

  it('a client that leaves while it waits gives its place away', async () => {
    const fake = fakeCheckpassword({ hang: 'yes' });
    const verifier = checkpassword({ program: [fake.path, 'true'], concurrency: 1, waiting: 1 });
    const first = new AbortController();
    const second = new AbortController();
    const one = verifier.verify(passwordOf('alice', 'x'), verifyContext(first.signal));
    const two = verifier.verify(passwordOf('alice', 'x'), verifyContext(second.signal));
    second.abort();
    expect(await two).toMatchObject({ outcome: 'unavailable' });
    const three = verifier.verify(passwordOf('alice', 'x'), verifyContext());
    fake.behave({ exit: 1 });
    first.abort();
    expect(await one).toMatchObject({ outcome: 'unavailable' });
    expect(await three).toEqual({ outcome: 'rejected' });
    fake.remove();
  });
});

describe('probe', () => {
  it('a program that lets everybody in is an open relay', async () => {
    expect(await probe({ program: ['/bin/true', 'true'] })).toMatchObject([
      { level: 'error', text: containing('open relay') },
    ]);
  });

  it('one that is missing', async () => {
    expect(await probe({ program: ['/nonexistent', 'true'] })).toMatchObject([
      { level: 'error', text: containing('ENOENT') },
    ]);
  });

  it('one whose program behind is missing', async () => {
    const fake = fakeCheckpassword({});
    expect(await probe({ program: [fake.path, '/nonexistent/true'] })).toMatchObject([
      { level: 'error', text: containing('/nonexistent/true') },
    ]);
    fake.remove();
  });

  it('one called checkpassword without root: a warning', async () => {
    const fake = fakeCheckpassword({});
    expect(await probe({ program: [fake.path, 'true'] }, { uid: 1000 })).toMatchObject([{ level: 'warning' }]);
    expect(await probe({ program: [fake.path, 'true'] }, { uid: 0 })).toEqual([]);
    fake.remove();
  });

  it('one that answers as it should', async () => {
    const program = fakeProgram('cat <&3 >/dev/null; exit 1\n');
    expect(await probe({ program: [program.path, 'true'] }, { uid: 1000 })).toEqual([]);
    program.remove();
  });
});

describe('options', () => {
  it.each([
    [{}, 'checkpassword: program: found nothing'],
    [
      { program: ['/bin/checkpassword'] },
      'checkpassword: program: found ["/bin/checkpassword"]; allowed: at least 2 in length',
    ],
    [
      { program: '/bin/checkpassword true' },
      'checkpassword: program: found "/bin/checkpassword true"; allowed: an array',
    ],
    [{ program: ['a', 'b'], flavor: 'x' }, 'checkpassword: flavor: found an unknown key'],
    [
      { program: ['a', 'b'], flavour: 'x' },
      'checkpassword: flavour: found "x"; allowed: "checkpassword", "vchkpw", "cmd5checkpw", "cvm"',
    ],
    [
      { program: ['a', 'b'], cram: true },
      'checkpassword: cram: found true; allowed: false, "challenge-response" or "response-challenge"',
    ],
    [{ program: ['a', 'b'], deadline: 0 }, 'checkpassword: deadline: found 0; allowed: 1 or more'],
    [{ program: ['a', 'b'], requestLimit: 5000 }, 'checkpassword: requestLimit: found 5000; allowed: 4096 or less'],
  ])('%j', (options, line) => {
    expect(() => checkpassword(options as never)).toThrow(OptionError);
    expect(() => checkpassword(options as never)).toThrow(line);
  });
});

describe('a hundred random requests', () => {
  it('arrive octet by octet', async () => {
    const fake = fakeCheckpassword({ exit: 0 });
    const verifier = checkpassword({ program: [fake.path, 'true'], concurrency: 4 });
    const sent = Array.from({ length: 100 }, () =>
      Buffer.from(randomBytes(1 + Math.floor(Math.random() * 400)).map((octet) => octet || 1)),
    );
    await Promise.all(
      sent.map((password, i) =>
        verifier.verify(
          { kind: 'password', mechanism: 'PLAIN', login: `user${i}`, password: Secret.of(Buffer.from(password)) },
          verifyContext(),
        ),
      ),
    );
    const seen = fake
      .runs()
      .map(({ request }) => request.toString('hex'))
      .sort();
    const expected = sent
      .map((password, i) => Buffer.concat([Buffer.from(`user${i}\0`), password, Buffer.from('\0\0')]).toString('hex'))
      .sort();
    expect(seen).toEqual(expected);
    fake.remove();
  });
});
