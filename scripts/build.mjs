// Builds every package with tsup, in the order in which they depend on each other. `--if-stale` builds only what is
// older than its sources.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ranks = [['child', 'testkit'], ['core'], [/^(auth|queue)-/], ['daemon']];
const onlyStale = process.argv.includes('--if-stale');

const packages = readdirSync(path.join(root, 'packages')).filter((name) =>
  existsSync(path.join(root, 'packages', name, 'tsup.config.ts')),
);

const newest = (directory) =>
  readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (time, entry) => Math.max(time, statSync(path.join(entry.parentPath ?? entry.path, entry.name)).mtimeMs),
      0,
    );

// Written by us when all of a package is there: tsup writes code first and types much later.
const stamp = (name) => path.join(root, 'packages', name, '.built');

function isStale(name) {
  if (!existsSync(stamp(name)) || !existsSync(path.join(root, 'packages', name, 'dist'))) return true;
  const built = statSync(stamp(name)).mtimeMs;
  return newest(path.join(root, 'packages', name, 'src')) > built;
}

function build(name) {
  return new Promise((resolve, reject) => {
    const tsup = path.join(root, 'node_modules', 'tsup', 'dist', 'cli-default.js');
    const child = spawn(process.execPath, [tsup, '--silent'], {
      cwd: path.join(root, 'packages', name),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) {
        writeFileSync(stamp(name), '');
        resolve();
      } else reject(new Error(`packages/${name} does not build:\n${output}`));
    });
  });
}

const matches = (name, members) =>
  members.some((member) => (typeof member === 'string' ? member === name : member.test(name)));
const total = packages.length;
let done = 0;
let rebuilt = false;

try {
  for (const members of ranks) {
    // A package below that was built anew makes everything above it stale: types are bundled from there.
    const queue = packages.filter((name) => matches(name, members) && (!onlyStale || rebuilt || isStale(name)));
    done += packages.filter((name) => matches(name, members)).length - queue.length;
    const worker = async () => {
      for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
        await build(name);
        rebuilt = true;
        done += 1;
        console.error(`build: ${name} (${done} of ${total})`);
      }
    };
    await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
