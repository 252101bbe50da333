import { readFileSync } from 'node:fs';
import { command } from '@postern/auth-command';
import type { CommandOptions } from '@postern/auth-command';
import { Secret } from '@postern/core';
import type { Credentials } from '@postern/core';
import { verifierContract, verifyContext } from '@postern/core/contract';
import { fakeProgram } from '@postern/testkit';
import type { FakeProgram } from '@postern/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const user = { login: 'alice', password: 'wonderland' };

const made: FakeProgram[] = [];
const script = (text: string): string => {
  const program = fakeProgram(text);
  made.push(program);
  return program.path;
};
afterEach(() => {
  for (const program of made.splice(0)) program.remove();
});

const shown = (login: string, password: string | Buffer): Credentials => ({
  kind: 'password',
  mechanism: 'PLAIN',
  login,
  password: Secret.of(password),
});
const ask = (options: CommandOptions, login = user.login, password: string | Buffer = user.password) =>
  command(options).verify(shown(login, password), verifyContext());

// Reads everything up to the end of the file, and compares.
const CHECK = `
password=$(cat <&3; echo .)
[ "$POSTERN_LOGIN" = ${user.login} ] && [ "$password" = ${user.password}. ] && exit 0
exit 1
`;

describe('auth-command', () => {
  verifierContract(it, {
    create: () => ({ verifier: command({ program: [script(CHECK)] }) }),
    user,
    checks: ['password'],
    unavailable: () => ({ verifier: command({ program: ['/nonexistent/program'] }) }),
    hanging: () => ({ verifier: command({ program: [script('exec sleep 30')] }) }),
  });

  it.each([
    ['exit 0', 'accepted'],
    ['exit 1', 'rejected'],
    ['exit 2', 'unavailable'],
    ['exit 100', 'unavailable'],
    ['exit 111', 'unavailable'],
    ['exit 255', 'unavailable'],
    ['kill -KILL $$', 'unavailable'],
    ['exec 3<&-; exit 0', 'accepted'],
  ])('%s: %s', async (text, outcome) => {
    expect((await ask({ program: [script(text)] })).outcome).toBe(outcome);
  });

  it('takes the codes that it is told', async () => {
    const codes = { accepted: [0, 10], rejected: [1, 100] };
    for (const [code, outcome] of [
      [0, 'accepted'],
      [10, 'accepted'],
      [1, 'rejected'],
      [100, 'rejected'],
      [2, 'unavailable'],
    ] as const) {
      expect((await ask({ program: [script(`exit ${code}`)], ...codes })).outcome).toBe(outcome);
    }
  });

  it('says unavailable for a program that is missing, not executable, or too slow', async () => {
    for (const program of ['/nonexistent', '/etc/passwd', '/']) {
      expect((await ask({ program: [program] })).outcome).toBe('unavailable');
    }
    expect(await ask({ program: [script('exec sleep 30')], deadline: 100 })).toMatchObject({
      outcome: 'unavailable',
      cause: expect.stringContaining('no answer within 100 ms') as string,
    });
  });

  it('tells who logs in and from where, and nothing secret, in a clean environment', async () => {
    const path = script('env -0 > "$0.env"; printf "%s\\n" "$@" > "$0.argv"; cat <&3 > "$0.password"');
    process.env['POSTERN_TEST_LEAK'] = 'x';
    const verdict = await ask(
      { program: [path, 'one', 'two words'], env: { EXTRA: 'yes' } },
      "al'ice ü;$(id)",
      'sesame-9',
    );
    delete process.env['POSTERN_TEST_LEAK'];
    expect(verdict).toEqual({ outcome: 'accepted', identity: { login: "al'ice ü;$(id)" } });
    const text = readFileSync(`${path}.env`, 'utf8');
    expect(text).not.toContain('sesame-9');
    const variables = Object.fromEntries(text.split('\0').map((pair) => pair.split('=') as [string, string]));
    expect(variables).toMatchObject({
      EXTRA: 'yes',
      PROTO: 'TCP',
      TCPREMOTEIP: '192.0.2.1',
      TCPREMOTEPORT: '40000',
      TCPLOCALIP: '192.0.2.2',
      TCPLOCALPORT: '587',
      POSTERN_LOGIN: "al'ice ü;$(id)",
      POSTERN_MECHANISM: 'PLAIN',
      POSTERN_SESSION: 'contract',
      POSTERN_LISTENER: 'contract',
      POSTERN_TLS: 'TLSv1.3',
    });
    expect(variables).not.toHaveProperty('POSTERN_TEST_LEAK');
    expect(readFileSync(`${path}.argv`, 'utf8')).toBe('one\ntwo words\n');
    expect(readFileSync(`${path}.password`, 'utf8')).toBe('sesame-9');
  });

  it.each([
    [{}, 'cat <&3', 'p\xe4ss'],
    [{ passwordEnd: 'newline' }, 'cat <&3', 'p\xe4ss\n'],
    [{ passwordEnd: 'nul' }, 'cat <&3', 'p\xe4ss\0'],
    [{ passwordFd: 0 }, 'cat', 'p\xe4ss'],
    [{ passwordFd: 7 }, 'cat <&7', 'p\xe4ss'],
  ] as const)('gives the octets of the password as they are %j', async (options, read, expected) => {
    const path = script(`${read} > "$0.password"`);
    const verdict = await ask({ program: [path], ...options }, user.login, Buffer.from('p\xe4ss', 'latin1'));
    expect(verdict.outcome).toBe('accepted');
    expect(readFileSync(`${path}.password`, 'latin1')).toBe(expected);
  });

  it('runs nothing for what a program could only be shown differently', async () => {
    const path = script('touch "$0.ran"; exit 0');
    for (const login of ['', 'a\0b', 'a\nb', 'x'.repeat(4096)]) {
      expect(await ask({ program: [path] }, login)).toEqual({ outcome: 'rejected' });
    }
    for (const password of ['', 'a\0b', 'a\nb', 'x'.repeat(4096)]) {
      expect(await ask({ program: [path] }, user.login, password)).toEqual({ outcome: 'rejected' });
    }
    expect(() => readFileSync(`${path}.ran`)).toThrow('ENOENT');
  });

  it.each([
    [
      'printf "login=Alice\\naddress=a@example.com\\naddress=@example.org\\nhome=/home/a\\nuid=7\\ngid=8\\nsomething\\nelse=1\\n"',
    ],
    [
      'printf "USER=Alice\\0address=a@example.com\\0ADDRESS=@example.org\\0HOME=/home/a\\0UID=7\\0GID=8\\0PATH=/bin\\0"',
    ],
    [
      'printf "login=Alice\\r\\naddress=a@example.com\\r\\naddress=@example.org\\r\\nhome=/home/a\\r\\nuid=7\\r\\ngid=8"',
    ],
  ])('reads what an accepting program says: %s', async (text) => {
    expect(await ask({ program: [script(text)] })).toEqual({
      outcome: 'accepted',
      identity: { login: 'Alice', addresses: ['a@example.com', '@example.org'], home: '/home/a', uid: 7, gid: 8 },
    });
  });

  it('reads limits, and that there is no address at all', async () => {
    const text = 'printf "message-size=1000\\nrecipients=5\\naddress=\\n"';
    expect(await ask({ program: [script(text)] })).toEqual({
      outcome: 'accepted',
      identity: { login: user.login, addresses: [], limits: { messageSize: 1000, recipients: 5 } },
    });
  });

  it('does not let in somebody about whom it was told nonsense', async () => {
    for (const text of ['uid=x', 'uid=-1', 'uid=', 'home=relative', 'login=', 'login=a\\001b', 'recipients=many']) {
      const verdict = await ask({ program: [script(`printf '${text}\\n'`)] });
      expect({ text, outcome: verdict.outcome }).toEqual({ text, outcome: 'unavailable' });
    }
    const flood = await ask({ program: [script('yes address=a@example.com | head -c 1000000; exit 0')] });
    expect(flood.outcome).toBe('unavailable');
  });

  it('hands on challenge and answer of CRAM-MD5 where the program takes them', async () => {
    const path = script('printf %s "$POSTERN_CHALLENGE" > "$0.challenge"; cat <&3 > "$0.response"');
    const one = command({ program: [path], cram: true });
    expect([...one.checks]).toEqual(['password', 'cram-md5']);
    const response = '0123456789abcdef0123456789abcdef';
    const credentials = {
      kind: 'cram-md5',
      mechanism: 'CRAM-MD5',
      login: 'alice',
      challenge: '<1.2@x>',
      response,
    } as const;
    expect((await one.verify(credentials, verifyContext())).outcome).toBe('accepted');
    expect(readFileSync(`${path}.challenge`, 'utf8')).toBe('<1.2@x>');
    expect(readFileSync(`${path}.response`, 'utf8')).toBe(response);
  });

  it('turns away what is more than may wait', async () => {
    const one = command({ program: [script('sleep 0.2')], concurrency: 1, waiting: 1 });
    const verdicts = await Promise.all([1, 2, 3].map(() => one.verify(shown('alice', 'x'), verifyContext())));
    expect(verdicts.map((verdict) => verdict.outcome)).toEqual(['accepted', 'accepted', 'unavailable']);
  });

  it.each([
    [{}, 'auth-command: program: found nothing; allowed: an array'],
    [{ program: [] }, 'auth-command: program: found []; allowed: at least 1 in length'],
    [{ program: ['x'], passwordFd: 1 }, 'auth-command: passwordFd: found 1; allowed: 0, or 3 to 9'],
    [
      { program: ['x'], accepted: [1] },
      'auth-command: rejected: found nothing; allowed: codes that are not in accepted',
    ],
    [{ program: ['x'], env: { 'A=B': 'x' } }, /^auth-command: env/],
  ])('%j: %s', (options, message) => {
    expect(() => command(options as CommandOptions)).toThrow(message);
  });
});
