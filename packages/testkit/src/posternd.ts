/** The built daemon as a program: started, asked for its log, stopped. Knows its command line and its log, not its code. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runProgram, startProgram } from './process.js';
import type { ProgramResult } from './process.js';
import { tempDir } from './temp.js';
import type { TempDir } from './temp.js';
import { waitFor } from './wait.js';

/** What `npm run build` makes. */
export const posterndPath: string = fileURLToPath(new URL('../../daemon/dist/posternd.js', import.meta.url));

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: string };

/** Where a listener is bound, as the ready line says. */
export interface BoundAddress {
  readonly address: string;
  readonly port: number;
}

export interface PosterndOptions {
  /** The configuration, written to `posternd.toml` in the daemon's directory. Absent: no --config is given. */
  readonly config?: string;
  /** Default `serve`. */
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Its directory. Default: a new one, removed when it stops. */
  readonly dir?: TempDir;
  /** Default 20000. */
  readonly readyTimeoutMs?: number;
}

export interface Posternd {
  readonly pid: number;
  readonly dir: TempDir;
  /** In the order of the configuration. */
  readonly addresses: readonly BoundAddress[];
  /** The port of the nth listener, from 0. */
  port(index?: number): number;
  /** The whole log so far. A line that is not JSON is `{ text }`. */
  log(): LogLine[];
  /** Everything on standard error, as it came. */
  stderr(): string;
  /** The first line that fits, there already or to come. */
  logged(what: string | ((line: LogLine) => boolean), timeoutMs?: number): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<ProgramResult>;
  /** SIGTERM, and SIGKILL if that does not help. */
  stop(graceMs?: number): Promise<ProgramResult>;
}

/** Starts `posternd serve` and waits until every listener is bound. */
export async function startPosternd(options: PosterndOptions = {}): Promise<Posternd> {
  needBuild();
  const dir = options.dir ?? tempDir('posternd-');
  const program = await startProgram(process.execPath, {
    args: [posterndPath, ...commandLine(options, dir)],
    cwd: dir.path,
    env: environment(options.env),
  });
  const cleanUp = (): void => {
    if (options.dir === undefined) dir.remove();
  };
  let ready: LogLine;
  try {
    const line = await program.line((text) => parseLine(text).event === 'ready', {
      timeoutMs: options.readyTimeoutMs ?? 20_000,
    });
    ready = parseLine(line);
  } catch (error) {
    await program.stop();
    cleanUp();
    throw error;
  }
  const addresses = boundAddresses(ready);
  const log = (): LogLine[] =>
    program
      .stderr()
      .split('\n')
      .slice(0, -1)
      .filter((line) => line !== '')
      .map(parseLine);
  return {
    pid: program.pid,
    dir,
    addresses,
    port: (index = 0) => {
      const bound = addresses[index];
      if (bound === undefined) throw new Error(`listener ${index} is not in the ready line: ${JSON.stringify(ready)}`);
      return bound.port;
    },
    log,
    stderr: () => program.stderr(),
    logged: (what, timeoutMs) => {
      const fits = typeof what === 'string' ? (line: LogLine) => line.event === what : what;
      return waitFor(`a log line ${String(what)}`, () => log().find(fits), timeoutMs);
    },
    signal: (signal) => program.signal(signal),
    ended: program.ended,
    stop: async (graceMs) => {
      const result = await program.stop(graceMs);
      cleanUp();
      return result;
    },
  };
}

/** Runs a command of posternd to its end. */
export async function runPosternd(
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly timeoutMs?: number;
  } = {},
): Promise<ProgramResult> {
  needBuild();
  return runProgram(process.execPath, {
    args: [posterndPath, ...args],
    env: environment(options.env),
    timeoutMs: options.timeoutMs ?? 30_000,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
}

function needBuild(): void {
  if (!existsSync(posterndPath)) throw new Error(`${posterndPath} is not there: run npm run build first`);
}

function commandLine(options: PosterndOptions, dir: TempDir): string[] {
  const config = options.config === undefined ? [] : ['--config', dir.write('posternd.toml', options.config)];
  return [...(options.command ?? ['serve']), ...config];
}

/** What the tests run in must not decide how the daemon behaves. */
function environment(extra: Readonly<Record<string, string>> = {}): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  return { PATH, HOME, TMPDIR, LANG, ...extra };
}

function parseLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as LogLine;
  } catch {
    // Not JSON: shown as it is.
  }
  return { text };
}

/** The ready line lists `host:port` strings or objects with address and port. */
function boundAddresses(ready: LogLine): BoundAddress[] {
  const list = ready['addresses'];
  if (!Array.isArray(list)) throw new Error(`no addresses in the ready line: ${JSON.stringify(ready)}`);
  return list.map((entry: unknown) => {
    const found = typeof entry === 'string' ? /^\[?(.*?)\]?:(\d+)$/.exec(entry) : null;
    if (found !== null) return { address: found[1] ?? '', port: Number(found[2]) };
    const { address, port } = entry as { address?: unknown; port?: unknown };
    if (typeof address === 'string' && typeof port === 'number') return { address, port };
    throw new Error(`not an address in the ready line: ${JSON.stringify(entry)}`);
  });
}
