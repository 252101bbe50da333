/** The package as one file that plain node runs: for tests that need a process of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url));

export interface Bundle {
  /** Runs a module body with `spawner` (of `backend`) and `fs` in scope; gives back what it printed as JSON. */
  play(backend: string, body: string, prefix?: readonly string[]): Promise<unknown>;
  remove(): void;
}

/** Below node_modules, so that koffi is found. */
export async function bundlePackage(): Promise<Bundle> {
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, 'child-'));
  const module = join(directory, 'child.mjs');
  await build({
    entryPoints: [join(root, 'src/index.ts')],
    outfile: module,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
    logLevel: 'error',
  });
  let count = 0;
  return {
    play(backend, body, prefix) {
      const script = join(directory, `${count++}.mjs`);
      writeFileSync(
        script,
        `import * as fs from 'node:fs';\nimport { createSpawner } from ${JSON.stringify(module)};\n` +
          `const spawner = createSpawner({ backend: ${JSON.stringify(backend)} });\n${body}\n`,
      );
      const command = [...(prefix ?? []), process.execPath, script];
      return new Promise((resolve, reject) => {
        execFile(command[0] ?? '', command.slice(1), { timeout: 120_000 }, (error, stdout, stderr) => {
          if (error) reject(new Error(`${error.message}\n${error.code ?? ''} ${error.signal ?? ''}\n${stderr}`));
          else resolve(JSON.parse(stdout) as unknown);
        });
      });
    },
    remove() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
