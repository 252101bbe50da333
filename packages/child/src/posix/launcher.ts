/**
 * Programs by posix_spawn(3). glibc starts them with CLONE_VFORK and CLONE_VM: nothing of our memory is copied or
 * marked, so the cost is the same at 50 MB and at 5 GB, where fork(2) pays for every page.
 */
import { constants } from 'node:os';
import { errnoName, StartFault } from '../fault.js';
import type { Child, Launch, LaunchEvents, Launcher } from '../launcher.js';
import { argumentTable, environmentTable, pathString } from './c-strings.js';
import { createFileActions } from './file-actions.js';
import { SIZE_OF_ATTRIBUTES, SIZE_OF_SIGSET, SPAWN_SETPGROUP, SPAWN_SETSIGDEF, SPAWN_SETSIGMASK } from './libc.js';
import type { Libc } from './libc.js';
import { createPipes } from './pipes.js';
import { createReaper } from './reaper.js';

/** On which thread a launch waits until the child has left our memory: ours, or one of the thread pool. */
export type Threads = 'auto' | 'loop' | 'pool';

export function createPosixLauncher(libc: Libc, threads: Threads): Launcher {
  const reaper = createReaper(libc);
  const fileActions = createFileActions(libc);
  const attributes = ownGroupDefaultSignals(libc);
  const pidCell = new Int32Array(new ArrayBuffer(4));
  let running = 0;
  // What glibc reads on a thread of the pool: nothing else keeps it from being collected meanwhile.
  const pooled = new Set<readonly Uint8Array[]>();

  // vfork stops the calling thread until the child has called execve. With other programs running that is time in which
  // the loop could serve others, so a thread of the pool waits; alone, our own thread does, which is quicker.
  function usePool(): boolean {
    return threads === 'pool' || (threads === 'auto' && running > 1);
  }

  function launch(launch: Launch, events: LaunchEvents): Child {
    const path = pathString(launch.path);
    const argv = argumentTable(launch.argv, libc.address);
    const envp = environmentTable(launch.env, libc.address);
    const actions = fileActions(launch);
    let pid = 0;
    let ended = false;
    let pending: 'SIGTERM' | 'SIGKILL' | undefined;

    function signal(name: 'SIGTERM' | 'SIGKILL'): void {
      // Until it is reaped the number is its own, even if it has ended.
      if (pid !== 0 && !ended) libc.kill(-pid, constants.signals[name]);
      else pending = name;
    }

    function done(errno: number, number: number, look: boolean): void {
      actions.release();
      if (errno !== 0) {
        running--;
        reaper.forget();
        events.refused(refusal(errno, launch));
        return;
      }
      pid = number;
      events.launched();
      reaper.watch(
        pid,
        (exit) => {
          ended = true;
          running--;
          events.ended(exit);
        },
        look,
      );
      if (pending !== undefined) signal(pending);
    }

    running++;
    reaper.expect();
    if (!usePool()) {
      const errno = libc.posixSpawn(pidCell, path, actions.buffer, attributes, argv, envp);
      done(errno, pidCell[0] ?? 0, false);
    } else {
      // On a buffer of its own: a small typed array lives on the heap of V8, where it may be moved.
      const cell = new Int32Array(new ArrayBuffer(4));
      const held = [path, argv, envp, actions.buffer];
      pooled.add(held);
      libc.posixSpawn.async(cell, path, actions.buffer, attributes, argv, envp, (error, errno) => {
        pooled.delete(held);
        done(error === null ? errno : constants.errno.EAGAIN, cell[0] ?? 0, true);
      });
    }
    return {
      get pid() {
        return pid;
      },
      signal,
    };
  }

  return { backend: 'posix_spawn', ...createPipes(libc), launch };
}

/**
 * Every signal at its default and none blocked: Node ignores SIGPIPE, and a program that inherits that sees errors where
 * it expects to be ended. A process group of its own, so that a signal reaches what the program started as well.
 */
function ownGroupDefaultSignals(libc: Libc): Buffer {
  const attributes = Buffer.alloc(SIZE_OF_ATTRIBUTES);
  libc.attrInit(attributes);
  libc.attrSetSigdefault(attributes, Buffer.alloc(SIZE_OF_SIGSET, 0xff));
  libc.attrSetSigmask(attributes, Buffer.alloc(SIZE_OF_SIGSET));
  libc.attrSetFlags(attributes, SPAWN_SETPGROUP | SPAWN_SETSIGDEF | SPAWN_SETSIGMASK);
  return attributes;
}

function refusal(errno: number, launch: Launch): StartFault {
  // glibc reports one errno for chdir and execve alike, so both are named.
  const where = launch.cwd === undefined ? '' : ` in ${launch.cwd}`;
  return new StartFault(errnoName(errno), `start ${launch.path}${where}`);
}
