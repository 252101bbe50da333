import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { tempDir, waitFor } from '../src/index.js';

/** Runs or not; a dead process that nobody has waited for does not. */
const runs = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
};

it('ends programs and removes directories of a process that was killed', async () => {
  // The watchdog in a process of its own, which can be killed as a test runner kills its workers.
  const source = readFileSync(fileURLToPath(new URL('../src/watchdog.ts', import.meta.url)), 'utf8');
  const dir = tempDir();
  dir.write(
    'watchdog.mjs',
    ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } })
      .outputText,
  );
  const script = dir.write(
    'victim.mjs',
    `import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { unwatch, watch } from './watchdog.mjs';
const start = () => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).pid;
const [kept, watched, freed] = [start(), start(), start()];
mkdirSync('${dir.file('gone')}/a', { recursive: true });
mkdirSync('${dir.file('stays')}');
watch('group', watched);
watch('group', freed);
watch('directory', '${dir.file('gone')}');
watch('directory', '${dir.file('stays')}');
unwatch('group', freed);
unwatch('directory', '${dir.file('stays')}');
process.stdout.write([kept, watched, freed].join(' ') + '\\n');
setTimeout(() => undefined, 60000);
`,
  );
  const victim = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve) => {
    victim.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  const [kept = 0, watched = 0, freed = 0] = line.trim().split(' ').map(Number);
  expect([kept, watched, freed].map(runs)).toEqual([true, true, true]);
  victim.kill('SIGKILL');
  await waitFor('the end of what was watched', () => !runs(watched) && !existsSync(dir.file('gone')));
  expect([kept, freed].map(runs)).toEqual([true, true]);
  expect(existsSync(dir.file('stays'))).toBe(true);
  for (const pid of [kept, freed]) process.kill(pid, 'SIGKILL');
});
