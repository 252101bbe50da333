/** `posternd passwd` writes lines that the verifier "file" accepts. */
import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { connectSmtp, runPosternd } from '@postern/testkit';
import { giveAway, openGate, quote } from '../support/gate.js';

it('hashes, adds, replaces, and lets in', async () => {
  const gate = await openGate();
  const file = gate.dir.write('hashed', 'printer:clear\n', 0o600);
  const set = (login: string, password: string) =>
    runPosternd(['passwd', login, '--file', file], { input: `${password}\n` });
  expect(await set('alice', 'first')).toMatchObject({ code: 0, stdout: '' });
  expect(await set('bob', 'bobs password: with colons')).toMatchObject({ code: 0 });
  expect(await set('alice', 'second')).toMatchObject({ code: 0 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  giveAway(file);
  await gate.daemon.stop();

  const other = await openGate({ verifier: `use = "file"\npath = ${quote(file)}` });
  const tries = [
    ['alice', 'first', 535],
    ['alice', 'second', 235],
    ['bob', 'bobs password: with colons', 235],
    ['printer', 'clear', 235],
    ['carol', 'second', 535],
  ] as const;
  for (const [login, password, code] of tries) {
    const client = await connectSmtp(other.target('implicit'));
    await client.reply();
    await client.ehlo();
    expect(`${login} ${(await client.login(login, password)).code}`).toBe(`${login} ${code}`);
    client.destroy();
  }
  await other.close();
  await gate.close();
});

it('prints the line without a file, and never the password', async () => {
  const { stdout, stderr, code } = await runPosternd(['passwd', 'alice'], { input: 'wonderland\n' });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^alice:\S+\n$/);
  expect(stdout + stderr).not.toContain('wonderland');
});

it.each(['', '\n', 'with\tcontrol\n'])('refuses %j as a password', async (input) => {
  const { stdout, code } = await runPosternd(['passwd', 'alice'], { input });
  expect([stdout, code]).toEqual(['', 1]);
});
