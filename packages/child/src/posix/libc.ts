/**
 * The few functions of glibc that we call, through koffi. Knows their types and constants and nothing of their use.
 *
 * 64-bit little-endian Linux with glibc 2.29 or later: musl lacks `gnu_get_libc_version`, and other systems number
 * their flags in other ways.
 */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { endianness } from 'node:os';

type Pointer = Uint8Array | Int32Array | null;

/** posix_spawn(3) in both of its forms: on this thread, or on one of the thread pool. */
export interface PosixSpawn {
  (pid: Int32Array, path: Pointer, actions: Pointer, attributes: Pointer, argv: Pointer, envp: Pointer): number;
  async(
    pid: Int32Array,
    path: Pointer,
    actions: Pointer,
    attributes: Pointer,
    argv: Pointer,
    envp: Pointer,
    done: (error: Error | null, errno: number) => void,
  ): void;
}

export interface Libc {
  readonly pipe2: (fds: Int32Array, flags: number) => number;
  readonly fcntl: (fd: number, command: number, argument: number) => number;
  readonly kill: (pid: number, signal: number) => number;
  readonly waitpid: (pid: number, status: Int32Array, options: number) => number;
  readonly waitid: (idType: number, id: number, info: Int32Array, options: number) => number;
  readonly posixSpawn: PosixSpawn;
  readonly attrInit: (attributes: Uint8Array) => number;
  readonly attrSetFlags: (attributes: Uint8Array, flags: number) => number;
  readonly attrSetSigdefault: (attributes: Uint8Array, set: Uint8Array) => number;
  readonly attrSetSigmask: (attributes: Uint8Array, set: Uint8Array) => number;
  readonly actionsInit: (actions: Uint8Array) => number;
  readonly actionsDestroy: (actions: Uint8Array) => number;
  readonly actionsAddDup2: (actions: Uint8Array, fd: number, target: number) => number;
  readonly actionsAddClose: (actions: Uint8Array, fd: number) => number;
  readonly actionsAddChdir: (actions: Uint8Array, path: Uint8Array) => number;
  /** Absent before glibc 2.34; there we rely on close-on-exec, which Node sets on everything that it opens. */
  readonly actionsAddCloseFrom: ((actions: Uint8Array, first: number) => number) | undefined;
  /** errno of the last call. */
  readonly errno: () => number;
  /** Where the bytes are. They must not come from Buffer's pool and must be kept alive by the caller. */
  readonly address: (bytes: Uint8Array) => bigint;
}

// Linux on the architectures below (fcntl.h, spawn.h, wait.h).
export const O_CLOEXEC = 0o2000000;
export const O_NONBLOCK = 0o4000;
export const F_SETFL = 4;
export const F_DUPFD_CLOEXEC = 1030;
export const SPAWN_SETPGROUP = 0x02;
export const SPAWN_SETSIGDEF = 0x04;
export const SPAWN_SETSIGMASK = 0x08;
export const WNOHANG = 1;
export const WEXITED = 4;
export const WNOWAIT = 0x01000000;
export const P_ALL = 0;
export const EINTR = 4;
/** Bytes; glibc's are 336 and 80. */
export const SIZE_OF_ATTRIBUTES = 512;
export const SIZE_OF_ACTIONS = 128;
export const SIZE_OF_SIGSET = 128;
/** In 32-bit words. */
export const WORDS_OF_SIGINFO = 32;
export const SIGINFO_PID = 4;

const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

interface Library {
  func(prototype: string): unknown;
}
interface Koffi {
  load(path: null): Library;
  errno(): number;
  address(value: Uint8Array): bigint;
}

let loaded: Libc | Error | undefined;

/** The functions, or why there are none here. */
export function libc(): Libc | Error {
  loaded ??= load();
  return loaded;
}

function load(): Libc | Error {
  if (process.platform !== 'linux') return new Error(`no posix_spawn for ${process.platform} here`);
  if (!ARCHITECTURES.includes(process.arch) || endianness() !== 'LE') {
    return new Error(`no posix_spawn for ${process.arch} here`);
  }
  // SIGCHLD can be seen by the main thread only.
  if (!isMainThread) return new Error('not in a worker thread');
  try {
    // koffi is optional, so that the package can be installed where there is none; `__filename` is there in CommonJS.
    const require = createRequire(typeof __filename === 'string' ? __filename : import.meta.url);
    return bind(require('koffi') as Koffi);
  } catch (error) {
    return error instanceof Error ? error : new Error('koffi cannot be loaded');
  }
}

function bind(koffi: Koffi): Libc {
  const library = koffi.load(null);
  // The prototypes below are what `Libc` says in TypeScript: nothing can check the one against the other.
  const bound = (prototype: string) => library.func(prototype) as never;
  const boundIfAny = (prototype: string): Libc['actionsAddCloseFrom'] => {
    try {
      return library.func(prototype) as never;
    } catch {
      return undefined;
    }
  };
  library.func('const char *gnu_get_libc_version()');
  const actions = 'posix_spawn_file_actions';
  return {
    pipe2: bound('int pipe2(void *fds, int flags)'),
    fcntl: bound('int fcntl(int fd, int command, int argument)'),
    kill: bound('int kill(int pid, int signal)'),
    waitpid: bound('int waitpid(int pid, void *status, int options)'),
    waitid: bound('int waitid(int idtype, int id, void *info, int options)'),
    posixSpawn: bound(
      'int posix_spawn(void *pid, const void *path, const void *actions, const void *attr, const void *argv, const void *envp)',
    ),
    attrInit: bound('int posix_spawnattr_init(void *attr)'),
    attrSetFlags: bound('int posix_spawnattr_setflags(void *attr, short flags)'),
    attrSetSigdefault: bound('int posix_spawnattr_setsigdefault(void *attr, const void *set)'),
    attrSetSigmask: bound('int posix_spawnattr_setsigmask(void *attr, const void *set)'),
    actionsInit: bound(`int ${actions}_init(void *actions)`),
    actionsDestroy: bound(`int ${actions}_destroy(void *actions)`),
    actionsAddDup2: bound(`int ${actions}_adddup2(void *actions, int fd, int target)`),
    actionsAddClose: bound(`int ${actions}_addclose(void *actions, int fd)`),
    actionsAddChdir: bound(`int ${actions}_addchdir_np(void *actions, const void *path)`),
    actionsAddCloseFrom: boundIfAny(`int ${actions}_addclosefrom_np(void *actions, int first)`),
    errno: () => koffi.errno(),
    address: (bytes) => koffi.address(bytes),
  };
}
