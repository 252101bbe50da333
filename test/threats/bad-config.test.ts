/** Every wrong configuration is one line naming file, key, what was found and what is allowed; exit 2, and nothing is bound. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { issueCertificate, runPosternd, tempDir } from '@postern/testkit';
import { giveAway, isRoot, nobody, quote, USERS, writeConfig } from '../support/gate.js';

const folder = fileURLToPath(new URL('../config/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.toml'));

/** `# key: ...` lines at the top of each file say what the error line has to hold. */
const expectation = (text: string, name: string): string => new RegExp(`^# ${name}: ?(.*)$`, 'm').exec(text)?.[1] ?? '';

async function prepare() {
  const dir = tempDir('postern-bad-');
  await writeConfig(dir);
  const { key } = await issueCertificate();
  giveAway(dir.write('other-key.pem', key, 0o600), dir.write('open-users', USERS, 0o644));
  dir.write('bad-qmail/control/databytes', '25MB\n');
  return dir;
}

describe('a wrong configuration', () => {
  it.each(files)('%s', async (name) => {
    const dir = await prepare();
    const fill = (text: string): string =>
      text.replaceAll('{dir}', dir.path).replaceAll('{user}', isRoot ? `user = ${quote(nobody.name)}` : '');
    const text = readFileSync(folder + name, 'utf8');
    const config = dir.write('posternd.toml', fill(text));
    const lines: string[] = [];
    for (const command of ['check', 'serve']) {
      const result = await runPosternd([command, '--config', config]);
      expect(result.code, `${command}: ${result.stdout}${result.stderr}`).toBe(2);
      expect(result.stderr).not.toContain('"event":"ready"');
      // serve stops at the first thing that is wrong; check goes on and lists what it looked at.
      const said = `${result.stdout}${result.stderr}`.trim().split('\n');
      if (command === 'serve') expect(said).toHaveLength(1);
      lines.push(said.find((one) => one.includes(': found ')) ?? said.join(' / '));
    }
    const [line = '', served = ''] = lines;
    expect(line.slice(line.indexOf(dir.path))).toBe(served.slice(served.indexOf(dir.path)));
    const where = name === 'bad-databytes.toml' ? dir.file('bad-qmail/control/databytes') : config;
    expect(line).toContain(`${where}: ${expectation(text, 'key')}`);
    const [found = '', allowed = ''] = line.slice(line.indexOf(': found ')).split('; allowed: ');
    expect(found).toContain(fill(expectation(text, 'found')));
    expect(allowed).toContain(expectation(text, 'allowed'));
    expect(allowed).not.toBe('');
    dir.remove();
  });

  it('that is not there at all', async () => {
    const result = await runPosternd(['check', '--config', '/nonexistent/posternd.toml']);
    expect(result.code).toBe(2);
    expect(result.stderr.trim().split('\n')).toEqual([expect.stringContaining('/nonexistent/posternd.toml')]);
  });
});

describe('a right configuration', () => {
  it('is said to be right, and exits with 0', async () => {
    const dir = await prepare();
    const config = dir.write('posternd.toml', await writeConfig(dir));
    expect(await runPosternd(['check', '--config', config])).toMatchObject({ code: 0 });
    dir.remove();
  });
});

describe('a wrong command line', () => {
  it.each([['--confg', 'x'], ['srve'], ['serve', 'extra']])(
    '%s %s is one line and exit 2',
    async (...args: string[]) => {
      const result = await runPosternd(args.filter((arg) => typeof arg === 'string'));
      expect(result.code).toBe(2);
      expect(result.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
    },
  );
});
