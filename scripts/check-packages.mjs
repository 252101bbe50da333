// Packs every public package, lints what would be published, and imports it from a clean project on each Node that is
// supported. Ends with one line of counts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(path.join(tmpdir(), 'postern-pack-'));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
let passed = 0;
let failed = 0;

function check(what, command, args, options = {}) {
  const run = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (run.status === 0) {
    passed += 1;
    console.log(`ok      ${what}`);
    return run.stdout;
  }
  failed += 1;
  console.log(`FAILED  ${what}\n${run.error ?? ''}${run.stdout}${run.stderr}`);
  return undefined;
}

const packages = readdirSync(path.join(root, 'packages'))
  .map((name) => ({
    name,
    ...JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8')),
    short: name,
  }))
  .filter((manifest) => manifest.private !== true);

const tarballs = {};
for (const manifest of packages) {
  const directory = path.join(root, 'packages', manifest.short);
  const packed = check(`pack ${manifest.name}`, 'npm', ['pack', '--json', '--pack-destination', work], {
    cwd: directory,
  });
  if (packed === undefined) continue;
  const result = JSON.parse(packed);
  const { filename } = Array.isArray(result) ? result[0] : Object.values(result)[0];
  tarballs[manifest.name] = path.join(work, path.basename(filename));
  check(`publint ${manifest.name}`, bin('publint'), ['--strict', directory]);
  // ESM-only packages are no mistake: the daemon is one.
  const profile = manifest.exports['.'].require === undefined ? ['--profile', 'esm-only'] : ['--profile', 'node16'];
  check(`types of ${manifest.name}`, bin('attw'), [tarballs[manifest.name], ...profile]);
}

// A project that knows nothing of this workspace.
const project = path.join(work, 'project');
mkdirSync(project);
const arch = `node-linux-${process.arch}`;
writeFileSync(
  path.join(project, 'package.json'),
  JSON.stringify({
    private: true,
    type: 'module',
    dependencies: {
      ...Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`])),
      node24: `npm:${arch}@24`,
      node26: `npm:${arch}@26`,
    },
    overrides: Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`])),
  }),
);
check('install all of them in a clean project', 'npm', ['install', '--no-audit', '--no-fund'], { cwd: project });

const specifiers = packages.flatMap((manifest) =>
  Object.keys(manifest.exports)
    .filter((key) => key !== './package.json')
    .map((key) => ({
      specifier: path.posix.join(manifest.name, key),
      cjs: manifest.exports[key].require !== undefined,
    })),
);
writeFileSync(
  path.join(project, 'import.mjs'),
  `${specifiers
    .map(
      ({ specifier }, i) =>
        `import * as m${i} from '${specifier}';\nif (Object.keys(m${i}).length === 0) throw new Error('${specifier} exports nothing');`,
    )
    .join('\n')}\n`,
);
writeFileSync(
  path.join(project, 'require.cjs'),
  `${specifiers
    .filter(({ cjs }) => cjs)
    .map(
      ({ specifier }) =>
        `if (Object.keys(require('${specifier}')).length === 0) throw new Error('${specifier} exports nothing');`,
    )
    .join('\n')}\n`,
);
const nodes = [
  process.execPath,
  ...['node24', 'node26'].map((name) => path.join(project, 'node_modules', name, 'bin', 'node')),
];
for (const node of nodes) {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? node;
  check(`import on Node ${version}`, node, ['import.mjs'], { cwd: project });
  check(`require on Node ${version}`, node, ['require.cjs'], { cwd: project });
  check(`posternd --version on Node ${version}`, node, [
    path.join(project, 'node_modules/@postern/daemon/dist/posternd.js'),
    '--version',
  ]);
}

rmSync(work, { recursive: true, force: true });
console.log(`packages: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
