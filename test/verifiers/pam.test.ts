import { fileURLToPath } from 'node:url';
import { command } from '@postern/auth-command';
import { dovecot } from '@postern/auth-dovecot';
import type { Verifier } from '@postern/core';
import { verifierContract } from '@postern/core/contract';
import { describePeer } from '@postern/testkit';
import type { TempDir } from '@postern/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDovecot } from './support/dovecot-server.js';
import type { DovecotServer } from './support/dovecot-server.js';
import { pamServices, withPamDirectory } from './support/pam.js';
import { ask } from './support/question.js';

const user = { login: 'alice', password: 'wonderland' };
const checkPam = fileURLToPath(new URL('../../packages/auth-command/check-pam', import.meta.url));

describePeer(describe, 'pamtester', 'PAM by way of auth-command and pamtester', () => {
  let services: TempDir;
  const service = (name: string): Verifier => command({ program: withPamDirectory(services.path, [checkPam, name]) });
  beforeAll(() => {
    services = pamServices(user.login, user.password);
  });
  afterAll(() => services.remove());

  verifierContract(it.concurrent, {
    create: () => ({ verifier: service('accepts') }),
    user,
    checks: ['password'],
    unavailable: () => ({ verifier: service('broken') }),
    hanging: { because: 'auth-command.test.ts has a program that hangs' },
  });

  it.each([
    ['accepts', 'accepted'],
    ['broken', 'unavailable'],
    ['missing', 'unavailable'],
    ['no-such-service', 'unavailable'],
    ['unknown', 'rejected'],
    ['expired', 'rejected'],
    ['stale', 'rejected'],
  ])('service %s: %s', async (name, outcome) => {
    expect((await ask(service(name), user.login, user.password)).outcome).toBe(outcome);
  });

  it('asks about logins that look like options', async () => {
    for (const login of ['-v', '--help', '-Iuser=alice']) {
      expect(await ask(service('accepts'), login, user.password)).toEqual({ outcome: 'rejected' });
    }
  });
});

describePeer(describe, 'dovecot', 'PAM by way of auth-dovecot', () => {
  let services: TempDir;
  let server: DovecotServer;
  beforeAll(async () => {
    services = pamServices(user.login, user.password);
    server = await startDovecot({
      users: [],
      pamDirectory: services.path,
      config: 'passdb {\n  driver = pam\n  args = accepts\n}\n',
    });
  });
  afterAll(async () => {
    await server.stop();
    services.remove();
  });

  // Trouble inside PAM is a wrong password to Dovecot 2.3, whatever PAM calls it. check-pam tells them apart.
  it('tells right from wrong', async () => {
    const one = dovecot({ socket: server.authSocket });
    const verdicts = [
      await ask(one, user.login, user.password),
      await ask(one, user.login, 'wrong'),
      await ask(one, 'nobody', user.password),
    ];
    await one.close();
    expect(verdicts.map((verdict) => verdict.outcome)).toEqual(['accepted', 'rejected', 'rejected']);
  });
});
