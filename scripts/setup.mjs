// Brings a fresh clone to where it can be run: dependencies, then a build, each only if it is needed. Needs Node and npm.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Something a person can put right; `advice` says how. */
export class SetupError extends Error {
  constructor(message, advice) {
    super(message);
    this.advice = advice;
  }
}

const say = (text) => process.stderr.write(`${text}\n`);

/** Prints a SetupError as two lines and anything else whole. Returns the exit status. */
export function explain(error) {
  say(error instanceof SetupError ? `\n${error.message}\n${error.advice}` : (error?.stack ?? String(error)));
  return 1;
}

/** Dependencies and build. @throws SetupError */
export async function setUp() {
  checkNode();
  if (!isInstalled()) await install();
  await build();
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(
    `This is Node ${process.versions.node}; Postern needs 20.19 or later.`,
    'Install a newer Node: https://nodejs.org/, or apt-get install nodejs on a recent Debian.',
  );
}

const readJson = (name) => JSON.parse(readFileSync(path.join(root, name), 'utf8'));

/** npm writes down what it installed. It is up to date if that is what package-lock.json wants. */
function isInstalled() {
  const hidden = path.join('node_modules', '.package-lock.json');
  if (!existsSync(path.join(root, hidden))) return false;
  const wanted = readJson('package-lock.json').packages;
  const installed = readJson(hidden).packages;
  return Object.entries(wanted).every(
    ([place, entry]) =>
      !place.startsWith('node_modules/') ||
      // Binaries for other machines are in the lock and not on the disk.
      entry.optional === true ||
      (installed[place] !== undefined && installed[place].version === entry.version),
  );
}

async function install() {
  const count = Object.keys(readJson('package-lock.json').packages).filter((name) =>
    name.startsWith('node_modules/'),
  ).length;
  say(`install: npm ci, ${count} packages (a minute or two the first time)`);
  const npm = process.env['npm_execpath'];
  const [program, ...args] = npm === undefined ? ['npm'] : [process.execPath, npm];
  const ticker = setInterval(() => say('install: still at it'), 15_000);
  try {
    const { code, output } = await run(program, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code === 0) return;
    throw new SetupError(
      `npm ci failed:\n${output.trim().split('\n').slice(-15).join('\n')}`,
      'Is the npm registry in reach (npm ping), and is the disk full (df -h .)? Then run this again.',
    );
  } finally {
    clearInterval(ticker);
  }
}

async function build() {
  const { code } = await run(process.execPath, [path.join(root, 'scripts', 'build.mjs'), '--if-stale'], 'inherit');
  if (code !== 0)
    throw new SetupError(
      'The build failed.',
      'If sources were not changed: remove packages/*/dist and run this again.',
    );
}

function run(program, args, stdio = 'pipe') {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', stdio, stdio] });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) =>
      reject(new SetupError(`${program} cannot be started: ${error.message}`, 'Is npm installed, and in PATH?')),
    );
    child.on('close', (code) => resolve({ code, output }));
  });
}
