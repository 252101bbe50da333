/**
 * The vocabulary: what is run, what its descriptors are, how it ended. Knows nothing of how programs are started.
 */

/** One program to run. No shell is involved anywhere. */
export interface ProgramSpec {
  /**
   * The program and its arguments. `argv[0]` is the path, and is given to the program as it stands. Without a slash it is
   * looked for in the PATH of `env`, else in our own.
   */
  readonly argv: readonly [string, ...string[]];
  /** Exactly this environment; nothing of ours is added. Default empty. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the program starts. Default our own working directory. */
  readonly cwd?: string;
  /**
   * Descriptor in the child -> what it is. Descriptors 0, 1 and 2 are /dev/null where they are not listed; every other
   * one that is not listed is closed.
   */
  readonly fds: Readonly<Record<number, FdSource>>;
  /** Milliseconds until SIGTERM, counted from `start`; the exit is then `timeout`. Default: none. */
  readonly deadline?: number;
  /** Milliseconds from SIGTERM to SIGKILL. Default 2000. */
  readonly grace?: number;
}

/** What one descriptor of the child is. Pipes are true pipes: `/dev/stdin` and `/dev/fd/N` can be opened again. */
export type FdSource =
  /** The child reads these bytes, then the end. */
  | { readonly kind: 'input'; readonly bytes: Uint8Array }
  /** The child reads what is written to `running.writer(fd)`. */
  | { readonly kind: 'writable' }
  /** The child writes; the first `limit` bytes are kept, the rest is read and thrown away. */
  | { readonly kind: 'output'; readonly limit: number }
  /** The same description as another listed descriptor. */
  | { readonly kind: 'same-as'; readonly fd: number }
  /** One of our own descriptors, which stays ours to close. */
  | { readonly kind: 'inherit'; readonly fd: number };

/** Writes into a pipe of the child. Trouble is a state and never an 'error' event, which would end the process. */
export interface ChildWriter {
  /**
   * Takes the bytes. `undefined`: they are in the pipe, go on. A promise: wait for it before the next write, and leave
   * the chunk unchanged until then; it never rejects. After `end`, `abort` or a failure the bytes are dropped.
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** The child sees the end once everything has been written. */
  end(bytes?: Uint8Array): void;
  /** The child sees the end now; what is not in the pipe yet is dropped. */
  abort(): void;
  /** The child was not there to take everything: EPIPE, or it ended before `end`. */
  readonly failed: boolean;
}

/** How a program ended. */
export type Exit =
  | { readonly how: 'exited'; readonly code: number }
  | { readonly how: 'signaled'; readonly signal: NodeJS.Signals }
  /** The deadline passed, whatever the program did about it. */
  | { readonly how: 'timeout' }
  /** It was never started: `error` is the name of an errno, `ENOENT`, `EACCES`, `EAGAIN`, `EMFILE`, ... */
  | { readonly how: 'failed'; readonly error: string; readonly message: string };

/** A program that was asked for. */
export interface Running {
  /** 0 until the program runs, and for ever if it could not be started. Known at the latest when `exit` is. */
  readonly pid: number;
  /** @throws TypeError if `fd` is not `writable` in the spec. */
  writer(fd: number): ChildWriter;
  /** What has come so far, at most `limit` bytes. @throws TypeError if `fd` is not an `output` in the spec. */
  output(fd: number): Buffer;
  /** Never rejects. When it resolves, every output is complete and no descriptor of this run is left open. */
  readonly exit: Promise<Exit>;
  /**
   * SIGTERM now, SIGKILL after `grace`, to the program's process group; with `'SIGKILL'`, that at once. Does nothing after
   * the end. The exit tells what the program did.
   */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): void;
}

/** What a finished run left: its exit, and its outputs by descriptor. */
export interface RunResult {
  readonly exit: Exit;
  readonly output: Readonly<Record<number, Buffer>>;
}

export type Backend = 'posix_spawn' | 'child_process';

/** Starts programs, in one of two ways that keep the same contract. */
export interface Spawner {
  readonly backend: Backend;
  /**
   * Starts a program. Whatever goes wrong at run time is an exit that `failed`.
   *
   * @throws TypeError only for a spec that can never be right: no such kind, `same-as` of nothing, a descriptor below 0.
   */
  start(spec: ProgramSpec): Running;
  /** Starts a program and waits for its end. */
  run(spec: ProgramSpec): Promise<RunResult>;
}
