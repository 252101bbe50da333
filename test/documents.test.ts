/** What the documents say is run: examples, configuration, links, and the table of standards. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectSmtp, freePort, readMaildir, startProgram, tempDir, throwawayCa } from '@postern/testkit';
import { parse } from 'smol-toml';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] ?? '');

const pages = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true })
    .map((name) => path.join('docs', String(name)))
    .filter((name) => name.endsWith('.md') && !name.startsWith(path.join('docs', 'api'))),
  ...readdirSync(path.join(root, 'packages')).map((name) => path.join('packages', name, 'README.md')),
].filter((page) => existsSync(path.join(root, page)));

it.each(pages)('%s links to what is there', (page) => {
  const targets = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)].map((match) => match[1] ?? '');
  for (const target of targets)
    expect([target, existsSync(path.join(root, path.dirname(page), target))]).toEqual([target, true]);
});

it('every package has a README', () => {
  for (const name of readdirSync(path.join(root, 'packages')))
    expect(pages).toContain(path.join('packages', name, 'README.md'));
});

it('docs/rfc.md is what the code cites', () => {
  const run = spawnSync(process.execPath, [path.join(root, 'scripts', 'rfc.mjs'), '--check'], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
});

it('the README shows the configuration and the program that the tests run', () => {
  expect(blocks(read('README.md'), 'js')).toEqual([read('examples/embed.mjs')]);
  const [configuration = ''] = blocks(read('README.md'), 'toml');
  const dir = tempDir('postern-readme-');
  onTestFinished(() => dir.remove());
  const file = path.join(dir.path, 'postern.toml');
  writeFileSync(file, configuration);
  expect(Object.keys(parse(configuration))).toEqual(['hostname', 'user', 'listen', 'tls', 'auth', 'queue']);
  // Everything in it is understood: what is missing on this machine is the user or the certificate, and not a key.
  const check = spawnSync(
    process.execPath,
    [path.join(root, 'packages/daemon/dist/posternd.js'), 'check', '--config', file],
    {
      encoding: 'utf8',
    },
  );
  expect(check.status).toBe(2);
  const said = check.stdout + check.stderr;
  expect(said).not.toContain('unknown key');
  expect(said).toMatch(/: (user|tls\.cert|tls\.key): /);
});

it('examples/embed.mjs takes a message', async () => {
  const dir = tempDir('postern-embed-');
  onTestFinished(() => dir.remove());
  const ca = await throwawayCa();
  const { cert, key } = await ca.issue({ names: ['localhost'] });
  const files = { cert, key, users: 'alice:wonderland\n' };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(dir.path, name), text);
    chmodSync(path.join(dir.path, name), 0o600);
  }
  const port = await freePort();
  const at = (name: string): string => path.join(dir.path, name);
  const program = await startProgram(process.execPath, {
    args: [path.join(root, 'examples', 'embed.mjs'), at('cert'), at('key'), at('users'), at('Maildir')],
    env: { ...process.env, PORT: String(port) },
  });
  onTestFinished(async () => {
    await program.stop();
  });
  await program.line(/listening on/, { stream: 'stdout' });
  const client = await connectSmtp({ port, ca: ca.caPem });
  await client.reply();
  await client.ehlo();
  await client.startTls();
  await client.ehlo();
  expect((await client.login('alice', 'wonderland')).code).toBe(235);
  expect((await client.deliver('alice@example.com', ['bob@example.net'], 'Subject: x\r\n\r\nHello')).code).toBe(250);
  await client.quit();
  expect(readMaildir(at('Maildir'))).toHaveLength(1);
});
