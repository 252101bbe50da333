import { tempDir } from '@postern/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import type { PluginSettings } from '../src/index.js';
import { ConfigurationError, createQueue, createVerifier } from '../src/index.js';

const dir = tempDir('postern-plugins-');
afterAll(() => dir.remove());
const place = { file: 'posternd.toml', directory: dir.path };

const settings = (use: string, options: Record<string, unknown> = {}): PluginSettings => ({
  use,
  key: 'auth.verifier[1]',
  options,
});

const GOOD = `{ name: 'mine', checks: new Set(['password']), verify: async () => ({ outcome: 'rejected' }), options }`;
dir.write('good.mjs', `export const verifier = (options) => (${GOOD});`);
dir.write('slow.mjs', `export const verifier = async (options) => (${GOOD});`);
dir.write('common.cjs', `exports.verifier = (options) => (${GOOD});`);
dir.write('none.mjs', 'export const other = 1;');
dir.write('empty.mjs', '');
dir.write('default.mjs', `export default (options) => (${GOOD});`);
dir.write('broken.mjs', 'export const verifier = ((;');
dir.write('throws.mjs', "throw new Error('no luck today');");
dir.write('needs.mjs', "import 'a-package-that-is-not-there'; export const verifier = () => ({});");
dir.write(
  'options.mjs',
  `import { OptionError } from '@postern/core';
  export const verifier = () => { throw new OptionError('mine', 'connectTime', '"x"', 'a number'); };`,
);
dir.write(
  'foreign.mjs',
  `class OptionError extends Error { name = 'OptionError'; key = 'connectTime'; found = 'an unknown key'; allowed = 'hostName, port'; }
  export const verifier = () => { throw new OptionError('x'); };`,
);
dir.write('fails.mjs', "export const verifier = () => { throw new Error('cannot\\nwork'); };");
dir.write(
  'queue.mjs',
  "export const queue = () => ({ name: 'q', carries: new Set(), submit: async () => ({ outcome: 'queued', id: '1' }) });",
);
dir.write(
  'node_modules/their-verifier/package.json',
  JSON.stringify({ name: 'their-verifier', type: 'module', main: './main.js' }),
);
dir.write('node_modules/their-verifier/main.js', `export const verifier = (options) => (${GOOD});`);

describe('a module', () => {
  it.each(['./good.mjs', './slow.mjs', './common.cjs', `${dir.path}/good.mjs`, 'their-verifier'])(
    '%s is found and used',
    async (use) => {
      const verifier = await createVerifier(settings(use, { a: 1 }), place);
      expect(verifier).toMatchObject({ name: 'mine', options: { a: 1 } });
    },
  );

  it('makes queues as well', async () => {
    expect((await createQueue({ ...settings('./queue.mjs'), key: 'queue' }, place)).name).toBe('q');
  });

  it.each([
    ['./missing.mjs', '"./missing.mjs", and there is no such module', 'a module that exists'],
    [
      'not-installed',
      '"not-installed", and there is no such module',
      expect.stringContaining('npm install not-installed)') as string,
    ],
    [
      '@a/not-installed/sub',
      '"@a/not-installed/sub", and there is no such module',
      expect.stringContaining('npm install @a/not-installed)') as string,
    ],
    [
      'No Such',
      '"No Such"',
      expect.stringMatching(
        /^checkpassword, command, dovecot, file, imap, ldap, pop3, the name of a package/,
      ) as string,
    ],
    ['__proto__', '"__proto__"', expect.stringContaining('checkpassword') as string],
    ['./none.mjs', './none.mjs, which exports other', 'a module that exports a function verifier(options)'],
    ['./empty.mjs', './empty.mjs, which exports nothing', 'a module that exports a function verifier(options)'],
    ['./default.mjs', './default.mjs, which exports default', 'a module that exports a function verifier(options)'],
    ['./throws.mjs', './throws.mjs, which does not load: no luck today', expect.any(String) as string],
    [
      './broken.mjs',
      expect.stringContaining('./broken.mjs, which does not load: ') as string,
      expect.any(String) as string,
    ],
    ['./needs.mjs', expect.stringContaining('a-package-that-is-not-there') as string, expect.any(String) as string],
  ])('%s is refused in one line', async (use, found, allowed) => {
    const error = await fault(createVerifier(settings(use), place));
    expect(error).toMatchObject({ file: 'posternd.toml', key: 'auth.verifier[1].use', found, allowed });
  });

  it("has its wrong options said in the file's words", async () => {
    expect((await fault(createVerifier(settings('./options.mjs'), place))).message).toBe(
      'posternd.toml: auth.verifier[1].connect-time: found "x"; allowed: a number',
    );
    expect((await fault(createVerifier(settings('./foreign.mjs'), place))).message).toBe(
      'posternd.toml: auth.verifier[1].connect-time: found an unknown key; allowed: host-name, port',
    );
  });

  it('that fails in its own way is one line too', async () => {
    expect((await fault(createVerifier(settings('./fails.mjs'), place))).message).toBe(
      'posternd.toml: auth.verifier[1]: found trouble: cannot\\x0awork; allowed: options that ./fails.mjs can work with',
    );
  });
});

describe('what a factory makes', () => {
  it.each([
    ['null', 'null'],
    ['undefined', 'nothing'],
    ['() => 1', 'a function'],
    ['{}', 'a verifier whose name is nothing'],
    ["{ name: 'x' }", 'a verifier whose checks is nothing'],
    ["{ name: 'x', checks: ['password'] }", 'a verifier whose checks is ["password"]'],
    ["{ name: 'x', checks: new Set(['plain']), verify() {} }", 'a verifier whose checks is "plain"'],
    ["{ name: 'x', checks: new Set(['password']), verify: 1 }", 'a verifier whose verify is 1'],
    ["{ name: 'x', checks: new Set(['password']), verify() {}, close: 1 }", 'a verifier whose close is 1'],
  ])('is looked at, a verifier: %s', async (source, what) => {
    expect((await made('verifier', source)).found).toMatch(`.mjs, which made ${what}`);
  });

  it.each([
    ['null', 'null and no object'],
    ['() => 1', 'function and no object'],
    ['{}', 'an object without a name'],
    ["{ name: 'x', carries: [] }", 'an object whose carries is no Set'],
    ["{ name: 'x', carries: new Set(['7bit']) }", 'an object whose carries holds "7bit"'],
    ["{ name: 'x', carries: new Set(), submit: 1 }", 'an object without the method submit'],
    ["{ name: 'x', carries: new Set(), submit() {}, close: 1 }", 'an object whose close is no method'],
  ])('is looked at, a queue: %s', async (source, what) => {
    expect((await made('queue', source)).found).toMatch(`.mjs, which made ${what}`);
  });

  it('is told what it should have been', async () => {
    expect(await made('verifier', '{}')).toMatchObject({
      key: 'auth.verifier[1].use',
      allowed: 'a short name of a-z, 0-9, dot and hyphen',
    });
    expect((await made('verifier', "{ name: 'x' }")).allowed).toBe('a Set of "password" and "cram-md5"');
  });
});

/** The fault found with what a module's factory makes. */
function made(kind: 'verifier' | 'queue', source: string): Promise<ConfigurationError> {
  const name = `made-${kind}-${Buffer.from(source).toString('hex').slice(0, 200)}.mjs`;
  dir.write(name, `export const ${kind} = () => (${source});`);
  return fault((kind === 'queue' ? createQueue : createVerifier)(settings(`./${name}`), place));
}

async function fault(promise: Promise<unknown>): Promise<ConfigurationError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  return error as ConfigurationError;
}
