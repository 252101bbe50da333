/** Programs started by tests. Whatever is started here ends here; nothing is ever stopped by name. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { unwatch, watch } from './watchdog.js';

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** The whole environment. Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is closed after it. Default: nothing, closed at once. */
  readonly input?: string | Uint8Array;
  /** Leave standard input open; write to it with `write`. Default false. */
  readonly keepInput?: boolean;
}

export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramResult extends ProgramExit {
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves when it has ended and its output is complete. */
  readonly ended: Promise<ProgramResult>;
  write(bytes: string | Uint8Array): void;
  closeInput(): void;
  signal(signal: NodeJS.Signals): void;
  /** The first line of the output that matches, seen already or to come. Rejects at the end of the program or of the time. */
  line(pattern: RegExp | ((line: string) => boolean), options?: LineOptions): Promise<string>;
  /** SIGTERM, then SIGKILL after `graceMs` (default 5000). Resolves when it is gone. */
  stop(graceMs?: number): Promise<ProgramResult>;
}

export interface LineOptions {
  readonly stream?: 'stdout' | 'stderr';
  /** Default 15000. */
  readonly timeoutMs?: number;
}

/** Starts a program without a shell, in a process group of its own. Rejects if it cannot be executed. */
export async function startProgram(program: string, options: ProgramOptions = {}): Promise<RunningProgram> {
  const child = spawn(program, [...(options.args ?? [])], {
    cwd: options.cwd,
    env: options.env as NodeJS.ProcessEnv | undefined,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) watch('group', child.pid);
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      for (const watcher of [...watchers]) watcher();
    });
  }
  // A program that ends before it has read its input is an ordinary thing here.
  child.stdin.on('error', () => undefined);
  let done = false;
  const ended = new Promise<ProgramResult>((resolve) => {
    child.once('exit', () => {
      killGroup(child);
      if (child.pid !== undefined) unwatch('group', child.pid);
      // A grandchild with a group of its own may hold the pipes: its output is not waited for.
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, 2000).unref();
    });
    child.once('close', (code, signal) => {
      done = true;
      resolve({ code, signal, ...output });
      for (const watcher of [...watchers]) watcher();
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  if (options.input !== undefined) child.stdin.write(options.input);
  if (options.keepInput !== true) child.stdin.end();

  const line: RunningProgram['line'] = (pattern, { stream = 'stderr', timeoutMs = 15_000 } = {}) => {
    const matches = typeof pattern === 'function' ? pattern : (text: string) => pattern.test(text);
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        watchers.delete(look);
      };
      const fail = (why: string): void => {
        finish();
        reject(
          new Error(`${program}: ${why} before a line matching ${String(pattern)}; its ${stream}:\n${output[stream]}`),
        );
      };
      const look = (): void => {
        // The piece behind the last line end may still grow.
        const lines = output[stream].split('\n').slice(0, done ? undefined : -1);
        const found = lines.find(matches);
        if (found !== undefined) {
          finish();
          resolve(found);
        } else if (done) fail('ended');
      };
      const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
      watchers.add(look);
      look();
    });
  };

  return {
    pid: child.pid ?? -1,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended,
    write: (bytes) => void child.stdin.write(bytes),
    closeInput: () => void child.stdin.end(),
    signal: (signal) => void child.kill(signal),
    line,
    stop: async (graceMs = 5000) => {
      if (!done) child.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(child), graceMs);
      const result = await ended;
      clearTimeout(timer);
      return result;
    },
  };
}

/** Runs a program to its end. Killed after `timeoutMs` (default 60000), which shows as signal SIGKILL. */
export async function runProgram(
  program: string,
  options: ProgramOptions & { readonly timeoutMs?: number } = {},
): Promise<ProgramResult> {
  const started = await startProgram(program, options);
  const timer = setTimeout(() => started.signal('SIGKILL'), options.timeoutMs ?? 60_000);
  const result = await started.ended;
  clearTimeout(timer);
  return result;
}

/** The child and whatever it started that stayed in its group. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}
