/**
 * What the two backends have in common, as seen by the spawner: they make pipes and they launch programs. Knows nothing
 * of deadlines, of what goes through the pipes, or of the specs that callers write.
 */
import type { Backend, Exit } from './program.js';
import type { StartFault } from './fault.js';

/** A true pipe. Both ends are closed on exec; `ours` does not block and `theirs` does. */
export interface Pipe {
  readonly ours: number;
  readonly theirs: number;
}

/** Everything that a launch needs, with every descriptor open. */
export interface Launch {
  /** Contains a slash. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  /** Descriptor in the child -> descriptor of ours. Holds 0, 1 and 2. */
  readonly descriptors: ReadonlyMap<number, number>;
}

/** Called once each, `launched` or `refused` first; both may be called before `launch` returns. */
export interface LaunchEvents {
  /** The child has its own copies of the descriptors. */
  readonly launched: () => void;
  readonly refused: (fault: StartFault) => void;
  readonly ended: (exit: Exit) => void;
}

/** A program on its way, running, or ended. */
export interface Child {
  /** 0 until it is known. */
  readonly pid: number;
  /** To the process group. Kept until the program runs; does nothing after its end. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

export interface Launcher {
  readonly backend: Backend;
  /** A pipe that the child reads, or one that it writes. @throws StartFault */
  pipe(childEnd: 'reads' | 'writes'): Pipe;
  /** A pipe that already holds `bytes`, at most `PIPE_BUF` of them, and then ends: the child's end of it. @throws StartFault */
  filledPipe(bytes: Uint8Array): number;
  launch(launch: Launch, events: LaunchEvents): Child;
}

/** What any pipe takes at once, however small the system made it (pipe(7)): 4096 bytes on Linux, 512 anywhere. */
export const PIPE_BUF = process.platform === 'linux' ? 4096 : 512;
