/**
 * Chooses how programs are started here, and makes `start` and `run` of it.
 */
import { createChildProcessLauncher } from './fallback/launcher.js';
import type { Launcher } from './launcher.js';
import { libc } from './posix/libc.js';
import { createPosixLauncher } from './posix/launcher.js';
import type { Threads } from './posix/launcher.js';
import type { Backend, ProgramSpec, RunResult, Spawner } from './program.js';
import { startProgram } from './run.js';

export interface SpawnerOptions {
  /** Default: `posix_spawn` where it can be had, else `child_process`. */
  readonly backend?: Backend;
  /**
   * For `posix_spawn`: the thread that waits until the child has called execve. `loop` is our own, `pool` one of the
   * thread pool; `auto`, the default, takes our own while few programs run and the pool beside many.
   */
  readonly threads?: Threads;
}

/** What `createSpawner` takes without being told, and why it is not `posix_spawn` where it is not. */
export function chooseBackend(): { readonly backend: Backend; readonly reason?: string } {
  const found = libc();
  return found instanceof Error ? { backend: 'child_process', reason: found.message } : { backend: 'posix_spawn' };
}

/** @throws Error if `posix_spawn` is asked for and cannot be had. */
export function createSpawner(options: SpawnerOptions = {}): Spawner {
  const launcher = createLauncher(options);
  return {
    backend: launcher.backend,
    start: (spec) => startProgram(launcher, spec),
    run: (spec) => run(launcher, spec),
  };
}

function createLauncher({ backend, threads = 'auto' }: SpawnerOptions): Launcher {
  const found = backend === 'child_process' ? undefined : libc();
  if (found === undefined || (found instanceof Error && backend === undefined)) return createChildProcessLauncher();
  if (found instanceof Error) throw found;
  return createPosixLauncher(found, threads);
}

async function run(launcher: Launcher, spec: ProgramSpec): Promise<RunResult> {
  const running = startProgram(launcher, spec);
  for (const [fd, source] of Object.entries(spec.fds)) {
    if (source.kind === 'writable') running.writer(Number(fd)).end();
  }
  const exit = await running.exit;
  const output: Record<number, Buffer> = {};
  for (const [fd, source] of Object.entries(spec.fds)) {
    if (source.kind === 'output') output[Number(fd)] = running.output(Number(fd));
  }
  return { exit, output };
}
