/**
 * Programs by node:child_process, where posix_spawn cannot be reached. The same contract, at the price of fork(2).
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { asStartFault, StartFault } from '../fault.js';
import { nullDevice } from '../null-device.js';
import type { Child, Launch, LaunchEvents, Launcher } from '../launcher.js';
import type { Exit } from '../program.js';
import { createFifos } from './fifos.js';
import { inheritedDescriptors } from './strays.js';
import { createHerePipes } from './here-pipes.js';
import type { TakePipe } from './here-pipes.js';

export function createChildProcessLauncher(): Launcher {
  const pipe = process.platform === 'linux' ? createHerePipes() : createFifos();
  const strays = inheritedDescriptors();
  return {
    backend: 'child_process',
    pipe,
    filledPipe: (bytes) => fill(pipe, bytes),
    launch: (launch, events) => launchProgram(launch, events, strays),
  };
}

function fill(pipe: TakePipe, bytes: Uint8Array): number {
  const { ours, theirs } = pipe('reads');
  try {
    if (bytes.length > 0) writeSync(ours, bytes);
  } catch (error) {
    closeSync(theirs);
    throw asStartFault(error, 'pipe');
  } finally {
    closeSync(ours);
  }
  return theirs;
}

function launchProgram(launch: Launch, events: LaunchEvents, strays: readonly number[]): Child {
  refuseNul(launch);
  const [name = '', ...args] = launch.argv;
  const stdio = descriptorList(launch.descriptors, strays);
  let ended = false;
  let child;
  try {
    // detached: a session and so a process group of its own. libuv sets signals to their defaults and empties the mask.
    child = spawn(launch.path, args, {
      argv0: name,
      env: { ...launch.env },
      ...(launch.cwd === undefined ? {} : { cwd: launch.cwd }),
      stdio,
      detached: true,
    });
  } catch (error) {
    throw asStartFault(error, `start ${launch.path}`);
  }
  child.once('error', (error) => {
    if (child.pid === undefined) events.refused(asStartFault(error, `start ${launch.path}`));
  });
  child.once('exit', (code, signal) => {
    if (child.pid === undefined) return;
    ended = true;
    events.ended(exitOf(code, signal));
  });
  if (child.pid !== undefined) events.launched();
  const pid = child.pid ?? 0;
  return {
    pid,
    signal(signal) {
      if (pid === 0 || ended) return;
      try {
        process.kill(-pid, constants.signals[signal]);
      } catch {
        // It has ended and Node has not told us yet.
      }
    },
  };
}

function descriptorList(given: ReadonlyMap<number, number>, strays: readonly number[]): (number | 'ignore')[] {
  const last = Math.max(...given.keys(), ...strays);
  // 'ignore' above 2 leaves a descriptor as it is: closed, since everything of ours is close-on-exec.
  const list = Array.from({ length: last + 1 }, (_, fd) => given.get(fd) ?? ('ignore' as const));
  for (const fd of strays) if (!given.has(fd)) list[fd] = nullDevice();
  return list;
}

const exitOf = (code: number | null, signal: NodeJS.Signals | null): Exit =>
  signal === null ? { how: 'exited', code: code ?? 0 } : { how: 'signaled', signal };

// Node throws a TypeError for these; to us they are data that came from somewhere.
function refuseNul({ path, argv, env, cwd = '' }: Launch): void {
  for (const text of [path, cwd, ...argv, ...Object.values(env)]) {
    if (text.includes('\0')) throw new StartFault('EINVAL', 'NUL in an argument or the environment');
  }
  for (const name of Object.keys(env)) {
    if (name === '' || /[=\0]/.test(name)) throw new StartFault('EINVAL', 'name of an environment variable');
  }
}
