import { createHmac } from 'node:crypto';
import { chmodSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { OptionError, Secret } from '@postern/core';
import type { Credentials, Verdict, Verifier } from '@postern/core';
import { verifierContract, verifyContext } from '@postern/core/contract';
import { tempDir } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { file, hashPassword, updateUser } from '../src/index.js';
import type { FileOptions } from '../src/index.js';

// vitest types its matchers as `any`.
const containing = (text: string): unknown => expect.stringContaining(text);

const user = { login: 'alice', password: 'wonderland' };
const CHEAP = { ln: 6 };

const dir = tempDir();
let count = 0;
const usersFile = (content: string | Buffer, mode = 0o600): string => dir.write(`users${++count}`, content, mode);

const passwordOf = (login: string, password: string | Buffer): Credentials => ({
  kind: 'password',
  mechanism: 'PLAIN',
  login,
  password: Secret.of(password),
});
const digestOf = (login: string, password: string, challenge = '<1.2@mail.example.com>'): Credentials => ({
  kind: 'cram-md5',
  mechanism: 'CRAM-MD5',
  login,
  challenge,
  response: createHmac('md5', password).update(challenge).digest('hex'),
});
const ask = async (verifier: Verifier, login: string, password: string | Buffer): Promise<Verdict['outcome']> =>
  (await verifier.verify(passwordOf(login, password), verifyContext())).outcome;

const UNAVAILABLE = { because: 'the file is read before the verifier exists, and afterwards the old users stay' };
const HANGING = { because: 'it asks nobody' };

describe('a file in clear keeps the contract of verifiers', () => {
  const path = usersFile('# users\n\nbob:builder\nalice:wonderland\n');
  verifierContract(it, {
    create: () => ({ verifier: file({ path }) }),
    user,
    checks: ['password', 'cram-md5'],
    unavailable: UNAVAILABLE,
    hanging: HANGING,
  });
});

describe('a hashed file keeps it', async () => {
  const path = usersFile(
    `bob:${await hashPassword('builder', CHEAP)}\nalice:${await hashPassword('wonderland', CHEAP)}\n`,
  );
  verifierContract(it, {
    create: () => ({ verifier: file({ path }) }),
    user,
    checks: ['password'],
    unavailable: UNAVAILABLE,
    hanging: HANGING,
  });
});

describe('a file of both keeps it', async () => {
  const path = usersFile(`bob:${await hashPassword('builder', CHEAP)}\nalice:wonderland\n`);
  verifierContract(it, {
    create: () => ({ verifier: file({ path, loginCase: 'ignore' }) }),
    user,
    checks: ['password', 'cram-md5'],
    unavailable: UNAVAILABLE,
    hanging: HANGING,
  });
});

describe('lines', () => {
  it('the first colon ends the login: a password may hold more of them', async () => {
    const verifier = file({ path: usersFile('alice:a:b:c\n') });
    expect(await ask(verifier, 'alice', 'a:b:c')).toBe('accepted');
    expect(await ask(verifier, 'alice:a', 'b:c')).toBe('rejected');
  });

  it('comments, empty lines, space around, CR at the end, no line end at the end', async () => {
    const verifier = file({ path: usersFile('# a:b\r\n\r\n  \n alice : wonderland \r\nbob:builder') });
    expect(await ask(verifier, 'alice', 'wonderland')).toBe('accepted');
    expect(await ask(verifier, 'bob', 'builder')).toBe('accepted');
    expect(await ask(verifier, '# a', 'b')).toBe('rejected');
  });

  it('space and # inside a password', async () => {
    const verifier = file({ path: usersFile('alice:a b #c\n') });
    expect(await ask(verifier, 'alice', 'a b #c')).toBe('accepted');
  });

  it('passwords are octets, in whatever character set', async () => {
    const verifier = file({
      path: usersFile(
        Buffer.concat([Buffer.from('alice:'), Buffer.from([0xe5, 0xa0, 0x85]), Buffer.from('\nbjörn:smörgås\n')]),
      ),
    });
    expect(await ask(verifier, 'alice', Buffer.from([0xe5, 0xa0, 0x85]))).toBe('accepted');
    expect(await ask(verifier, 'björn', 'smörgås')).toBe('accepted');
  });

  it('a login without a password cannot log in', async () => {
    const verifier = file({ path: usersFile('alice:\nbob:builder\n') });
    expect(await ask(verifier, 'alice', '')).toBe('rejected');
    expect(await ask(verifier, 'alice', 'x')).toBe('rejected');
    expect((await verifier.verify(digestOf('alice', ''), verifyContext())).outcome).toBe('rejected');
  });

  it('logins are compared octet by octet, or in any case', async () => {
    const path = usersFile('Alice:wonderland\n');
    expect(await ask(file({ path }), 'alice', 'wonderland')).toBe('rejected');
    expect(await ask(file({ path, loginCase: 'ignore' }), 'aLICE', 'wonderland')).toBe('accepted');
  });

  it.each([
    ['alice\n', 'line 1: no colon'],
    ['a:b\n:x\n', 'line 2: no login'],
    ['a:b\n# c\na:d\n', 'line 3: the login of line 1 again'],
    ['a:$scrypt$ln=99,r=8,p=1$x$y\n', 'line 1: a hash that cannot be read'],
    ['a\x01b:c\n', 'line 1: no login, or control characters'],
    [Buffer.from([0xff, 0x3a, 0x61]), 'line 1: a login that is not UTF-8'],
  ])('a bad line is named by its number, and never shown: %j', (content, expected) => {
    expect(() => file({ path: usersFile(content) })).toThrow(OptionError);
    expect(() => file({ path: usersFile(content) })).toThrow(expected);
  });

  it('no error holds a password', () => {
    for (const content of ['hunter2\n', 'a:$scrypt$hunter2\n', 'a:x\na:hunter2\n', ':hunter2\n']) {
      expect(() => file({ path: usersFile(content) })).toThrow(
        expect.not.objectContaining({ message: containing('hunter2') }),
      );
    }
  });
});

describe('CRAM-MD5', () => {
  it('only if some entry is in clear', async () => {
    const hashed = await hashPassword('wonderland', CHEAP);
    expect([...file({ path: usersFile(`alice:${hashed}\n`) }).checks]).toEqual(['password']);
    expect([...file({ path: usersFile(`alice:${hashed}\nbob:builder\n`) }).checks]).toEqual(['password', 'cram-md5']);
    expect([...file({ path: usersFile('') }).checks]).toEqual(['password']);
  });

  it('a hashed login is rejected like one that is not there', async () => {
    const verifier = file({ path: usersFile(`alice:${await hashPassword('wonderland', CHEAP)}\nbob:builder\n`) });
    expect(await verifier.verify(digestOf('bob', 'builder'), verifyContext())).toEqual({
      outcome: 'accepted',
      identity: { login: 'bob' },
    });
    expect((await verifier.verify(digestOf('alice', 'wonderland'), verifyContext())).outcome).toBe('rejected');
    expect((await verifier.verify(digestOf('carol', 'wonderland'), verifyContext())).outcome).toBe('rejected');
  });

  // RFC 2195 §2
  it('the example of the RFC', async () => {
    const verifier = file({ path: usersFile('tim:tanstaaftanstaaf\n') });
    const credentials: Credentials = {
      kind: 'cram-md5',
      mechanism: 'CRAM-MD5',
      login: 'tim',
      challenge: '<1896.697170952@postoffice.reston.mci.net>',
      response: 'b913a602c7eda7a495b4e6e7334d3890',
    };
    expect((await verifier.verify(credentials, verifyContext())).outcome).toBe('accepted');
  });

  it.each(['', 'x', 'b913a602c7eda7a495b4e6e7334d38', 'b913a602c7eda7a495b4e6e7334d3890zz'])(
    'a response of another form: %j',
    async (response) => {
      const verifier = file({ path: usersFile('tim:tanstaaftanstaaf\n') });
      const challenge = '<1896.697170952@postoffice.reston.mci.net>';
      expect(
        (
          await verifier.verify(
            { kind: 'cram-md5', mechanism: 'CRAM-MD5', login: 'tim', challenge, response },
            verifyContext(),
          )
        ).outcome,
      ).toBe('rejected');
    },
  );
});

describe('the file', () => {
  it.each([0o644, 0o640, 0o604, 0o700, 0o660, 0o620, 0o4600])('of mode %o is refused', (mode) => {
    expect(() => file({ path: usersFile('a:b\n', mode) })).toThrow('0400 or 0600');
  });

  it.each([0o400, 0o600])('of mode %o is not', (mode) => {
    expect(file({ path: usersFile('a:b\n', mode) }).name).toBe('file');
  });

  it('that is not there, or no file: one line', () => {
    expect(() => file({ path: dir.file('none') })).toThrow(
      /^file: path: found .*none: ENOENT; allowed: a file that can be read$/,
    );
    expect(() => file({ path: dir.path })).toThrow('which is no file');
    expect(() => file({} as never)).toThrow('file: path: found nothing; allowed: a string');
    expect(() => file({ path: 'x', logins: 1 } as never)).toThrow('file: logins: found an unknown key');
    expect(() => file({ path: usersFile(''), loginCase: 'any' } as never)).toThrow('allowed: "exact", "ignore"');
  });

  const watched = (content: string): { path: string; verifier: Verifier; faults: OptionError[] } => {
    const path = usersFile(content);
    const faults: OptionError[] = [];
    return { path, verifier: file({ path, onFault: (fault) => faults.push(fault) }), faults };
  };

  it('written in place: the next question sees it, however soon', async () => {
    const { path, verifier, faults } = watched('alice:one\n');
    for (const password of ['two', 'six', 'ten']) {
      writeFileSync(path, `alice:${password}\n`);
      expect(await ask(verifier, 'alice', password)).toBe('accepted');
    }
    expect(await ask(verifier, 'alice', 'one')).toBe('rejected');
    expect(faults).toEqual([]);
  });

  it('renamed into place', async () => {
    const { path, verifier } = watched('alice:one\n');
    renameSync(usersFile('alice:two\n'), path);
    expect(await ask(verifier, 'alice', 'two')).toBe('accepted');
  });

  it('a new clear entry makes CRAM-MD5 possible', async () => {
    const { path, verifier } = watched(`alice:${await hashPassword('wonderland', CHEAP)}\n`);
    expect(verifier.checks.has('cram-md5')).toBe(false);
    writeFileSync(path, 'alice:wonderland\n');
    expect(verifier.checks.has('cram-md5')).toBe(true);
  });

  it.each([
    ['gone', (path: string) => rmSync(path), 'ENOENT'],
    ['opened to others', (path: string) => chmodSync(path, 0o644), '0644'],
    ['broken', (path: string) => writeFileSync(path, 'nonsense\n'), 'line 1: no colon'],
  ])('%s: the old users stay, and it is told once', async (_name, spoil, expected) => {
    const { path, verifier, faults } = watched('alice:wonderland\n');
    spoil(path);
    for (let i = 0; i < 3; i++) expect(await ask(verifier, 'alice', 'wonderland')).toBe('accepted');
    expect(faults.map(({ message }) => message)).toEqual([containing(expected)]);
    rmSync(path, { force: true });
    writeFileSync(path, 'alice:mended\n', { mode: 0o600 });
    expect(await ask(verifier, 'alice', 'mended')).toBe('accepted');
  });

  it('without anybody to tell, it is a warning of the process', async () => {
    const path = usersFile('alice:wonderland\n');
    const verifier = file({ path });
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    chmodSync(path, 0o644);
    expect(await ask(verifier, 'alice', 'wonderland')).toBe('accepted');
    expect((await warned).message).toContain('0644');
  });
});

describe('hashing', () => {
  it('a wrong password costs a hash for every kind of login, and a right one in clear does not', async () => {
    // One place, held by a hash under way: whoever needs a hash must wait, and is turned away.
    const slow = await hashPassword('builder', { ln: 16 });
    const path = usersFile(`bob:${slow}\nalice:wonderland\n`);
    const busy = async (login: string, password: string): Promise<Verdict> => {
      const verifier = file({ path, concurrency: 1, waiting: 0 });
      const first = verifier.verify(passwordOf('bob', 'builder'), verifyContext());
      const second = await verifier.verify(passwordOf(login, password), verifyContext());
      expect((await first).outcome).toBe('accepted');
      return second;
    };
    const turnedAway = { outcome: 'unavailable', cause: 'too many logins are waiting' };
    expect(await busy('bob', 'wrong')).toEqual(turnedAway);
    expect(await busy('nobody', 'wrong')).toEqual(turnedAway);
    expect(await busy('alice', 'wrong')).toEqual(turnedAway);
    expect(await busy('alice', 'wonderland')).toMatchObject({ outcome: 'accepted' });
  });

  it('the password may be wiped while the login waits', async () => {
    const verifier = file({
      path: usersFile(`alice:${await hashPassword('wonderland', { ln: 12 })}\n`),
      concurrency: 1,
    });
    const first = verifier.verify(passwordOf('alice', 'x'), verifyContext());
    const second = passwordOf('alice', 'wonderland');
    const answer = verifier.verify(second, verifyContext());
    if (second.kind === 'password') second.password.wipe();
    expect((await first).outcome).toBe('rejected');
    expect((await answer).outcome).toBe('accepted');
  });
});

describe('updateUser', () => {
  const read = async (path: string): Promise<string> => (await import('node:fs')).readFileSync(path, 'utf8');

  it('makes the file, adds, replaces and removes, and leaves the other lines alone', async () => {
    const path = dir.file(`made${++count}`);
    await updateUser(path, 'alice', 'one');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await updateUser(path, 'bob', 'two');
    writeFileSync(path, `# comment\n\n${await read(path)}`);
    await updateUser(path, 'alice', 'three');
    expect(await read(path)).toBe('# comment\n\nalice:three\nbob:two\n');
    await updateUser(path, 'alice', null);
    await updateUser(path, 'nobody', null);
    expect(await read(path)).toBe('# comment\n\nbob:two\n');
  });

  it('what posternd passwd does', async () => {
    const path = dir.file(`made${++count}`);
    await updateUser(path, 'alice', await hashPassword('wonderland'));
    const verifier = file({ path });
    expect(await ask(verifier, 'alice', 'wonderland')).toBe('accepted');
    await updateUser(path, 'alice', await hashPassword('looking-glass'));
    expect(await ask(verifier, 'alice', 'looking-glass')).toBe('accepted');
    expect(await ask(verifier, 'alice', 'wonderland')).toBe('rejected');
  });

  it('keeps owner and mode of a file that belongs to the server', async () => {
    const path = usersFile('alice:x\n', 0o400);
    const { chownSync } = await import('node:fs');
    const root = process.geteuid?.() === 0;
    if (root) chownSync(path, 1234, 1235);
    await updateUser(path, 'bob', 'y');
    const { mode, uid, gid } = statSync(path);
    expect(mode & 0o777).toBe(0o400);
    expect([uid, gid]).toEqual(root ? [1234, 1235] : [process.geteuid?.(), process.getegid?.()]);
  });

  it('a wider mode becomes 0600', async () => {
    const path = usersFile('alice:x\n', 0o644);
    await updateUser(path, 'bob', 'y');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('octets that are not UTF-8 stay as they are', async () => {
    const path = usersFile(Buffer.from([0x61, 0x3a, 0xff, 0xfe, 0x0a]));
    await updateUser(path, 'björn', 'smörgås');
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(path)).toEqual(
      Buffer.concat([Buffer.from([0x61, 0x3a, 0xff, 0xfe, 0x0a]), Buffer.from('björn:smörgås\n')]),
    );
  });

  it('two writers: one of them is told', async () => {
    const path = usersFile('');
    const results = await Promise.allSettled([updateUser(path, 'a', 'x'), updateUser(path, 'b', 'y')]);
    const done = results.filter(({ status }) => status === 'fulfilled').length;
    expect((await read(path)).trim().split('\n')).toHaveLength(done);
    expect(
      results
        .filter((result) => result.status === 'rejected')
        .every((result) => (result.reason as { code?: string }).code === 'EEXIST'),
    ).toBe(true);
  });

  it.each([
    ['a:b', 'x'],
    ['', 'x'],
    ['#a', 'x'],
    [' a', 'x'],
    ['a\nb', 'x'],
    ['a', ''],
    ['a', 'x\ny:z'],
    ['a', ' x'],
  ])('refuses what cannot stand in a line: %j %j', async (login, password) => {
    const path = usersFile('alice:x\n');
    await expect(updateUser(path, login, password)).rejects.toThrow(RangeError);
    expect(await read(path)).toBe('alice:x\n');
  });
});

describe('options', () => {
  it('have defaults', () => {
    const options: FileOptions = { path: usersFile('a:b\n') };
    expect(file(options).name).toBe('file');
  });
});
