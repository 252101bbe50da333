/** The real cvm-checkpassword of Debian's package cvm, with its cvm-pwfile module and a passwd file of our own. */
import { Secret } from '@postern/core';
import { verifierContract, verifyContext } from '@postern/core/contract';
import { describePeer, tempDir } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { checkpassword, probe } from '../src/index.js';
import type { CheckpasswordOptions } from '../src/index.js';

// vitest types its matchers as `any`.
const containing = (text: string): unknown => expect.stringContaining(text);

const user = { login: 'alice', password: 'wonderland' };

describePeer(describe, ['cvm-checkpassword', 'cvm-pwfile'], 'cvm-checkpassword', (cvm, pwfile) => {
  const dir = tempDir();
  const passwd = dir.write(
    'passwd',
    'alice:wonderland:1000:1000:Alice:/home/alice:/bin/sh\nroot:toor:0:0:root:/root:/bin/sh\n',
  );
  // It would enter the home directory: /tmp is one that is there.
  dir.write(
    'passwd',
    `alice:wonderland:1000:1000:Alice:${dir.path}:/bin/sh\nroot:toor:0:0:root:/:/bin/sh\nzero:zero:0:0:z:/:/bin/sh\n`,
  );
  const options = (behind: string[], path = passwd): CheckpasswordOptions => ({
    program: [cvm.path, pwfile.path, ...behind],
    flavour: 'cvm',
    env: { CVM_PWFILE_PATH: path, CVM_ACCOUNT_SPLIT_CHARS: '' },
  });

  verifierContract(it, {
    create: () => ({ verifier: checkpassword(options(['true'])) }),
    user,
    checks: ['password'],
    unavailable: () => ({ verifier: checkpassword(options(['true'], dir.file('none'))) }),
    hanging: { because: 'cvm-pwfile cannot be made to hang' },
  });

  const ask = (login: string, password: string, behind = ['env', '-0']) =>
    checkpassword(options(behind)).verify(
      { kind: 'password', mechanism: 'PLAIN', login, password: Secret.of(password) },
      verifyContext(),
    );

  it('says who it is', async () => {
    expect(await ask('alice', 'wonderland')).toEqual({
      outcome: 'accepted',
      identity: { login: 'alice', home: dir.path, uid: 1000, gid: 1000 },
    });
  });

  it('never lets the superuser in, by name or by number', async () => {
    expect(await ask('root', 'toor')).toEqual({ outcome: 'rejected' });
    expect(await ask('zero', 'zero')).toEqual({ outcome: 'rejected' });
  });

  it('exits 100 for a wrong password, which is no refusal of a plain checkpassword', async () => {
    const verifier = checkpassword({ ...options(['true']), flavour: 'checkpassword' });
    const question = { kind: 'password', mechanism: 'PLAIN', login: 'alice', password: Secret.of('wrong') } as const;
    expect(await verifier.verify(question, verifyContext())).toMatchObject({
      outcome: 'unavailable',
      cause: containing('exit 100'),
    });
  });

  it('passes the probe', async () => {
    expect(await probe(options(['true']), { uid: 1000 })).toEqual([]);
  });
});
