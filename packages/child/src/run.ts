/**
 * The life of one run: descriptors, launch, deadline, end. The same for both backends.
 */
import { openDescriptors } from './descriptors.js';
import type { Descriptors } from './descriptors.js';
import { asStartFault, StartFault } from './fault.js';
import type { Child, Launcher } from './launcher.js';
import { findProgram } from './path-search.js';
import type { ChildWriter, Exit, ProgramSpec, Running } from './program.js';
import { brokenWriter } from './writer.js';

const DEFAULT_GRACE = 2000;

// A program that ends before this never costs a watcher of libuv's for its outputs: they are read at its end, and what it
// wrote is in the pipe meanwhile. One that stays longer is read as it writes.
const WATCH_AFTER = 20;

/** Starts a program; see `Spawner.start`. */
export function startProgram(launcher: Launcher, spec: ProgramSpec): Running {
  let descriptors: Descriptors;
  try {
    const env = spec.env ?? {};
    const path = findProgram(spec.argv[0], env['PATH'] ?? process.env['PATH'] ?? '/usr/bin:/bin');
    descriptors = openDescriptors(launcher, spec);
    return supervise(launcher, spec, path, descriptors);
  } catch (error) {
    if (error instanceof StartFault) return neverStarted(spec, error);
    throw error;
  }
}

function supervise(launcher: Launcher, spec: ProgramSpec, path: string, descriptors: Descriptors): Running {
  let settled = false as boolean;
  let timedOut = false;
  let timer: NodeJS.Timeout | undefined;
  let graceTimer: NodeJS.Timeout | undefined;
  let resolveExit: (exit: Exit) => void;
  const exit = new Promise<Exit>((resolve) => {
    resolveExit = resolve;
  });

  function settle(how: Exit): void {
    settled = true;
    clearTimeout(timer);
    clearTimeout(graceTimer);
    descriptors.handedOver();
    for (const writer of descriptors.writers.values()) writer.close();
    for (const collector of descriptors.collectors.values()) collector.finish();
    resolveExit(timedOut && how.how !== 'failed' ? { how: 'timeout' } : how);
  }

  // One timer at a time: most programs have ended before either is due.
  function watchOutputs(): void {
    for (const collector of descriptors.collectors.values()) collector.watch();
    if (spec.deadline !== undefined) waitForDeadline(spec.deadline - WATCH_AFTER);
  }

  function waitForDeadline(milliseconds: number): void {
    timer = setTimeout(() => {
      timedOut = true;
      terminate();
    }, milliseconds);
  }

  function terminate(): void {
    if (settled || graceTimer !== undefined) return;
    child.signal('SIGTERM');
    graceTimer = setTimeout(() => {
      child.signal('SIGKILL');
    }, spec.grace ?? DEFAULT_GRACE);
  }

  const child = ((): Child => {
    try {
      return launcher.launch(
        { path, argv: spec.argv, env: spec.env ?? NO_ENVIRONMENT, cwd: spec.cwd, descriptors: descriptors.map },
        {
          launched: descriptors.handedOver,
          refused: (fault) => {
            settle(failure(fault));
          },
          ended: settle,
        },
      );
    } catch (error) {
      const fault = asStartFault(error, `start ${path}`);
      settle(failure(fault));
      return { pid: 0, signal: () => undefined };
    }
  })();

  if (!settled) {
    const { deadline } = spec;
    if (descriptors.collectors.size > 0 && (deadline ?? Infinity) > WATCH_AFTER) {
      timer = setTimeout(watchOutputs, WATCH_AFTER);
    } else if (deadline !== undefined) waitForDeadline(deadline);
  }

  return {
    get pid() {
      return child.pid;
    },
    writer: (fd) => known(descriptors.writers.get(fd), spec, fd, 'writable'),
    output: (fd) => known(descriptors.collectors.get(fd), spec, fd, 'output').bytes(),
    exit,
    kill(signal = 'SIGTERM') {
      if (signal === 'SIGTERM') terminate();
      else if (!settled) child.signal('SIGKILL');
    },
  };
}

const NO_ENVIRONMENT: Readonly<Record<string, string>> = Object.freeze({});

const failure = (fault: StartFault): Exit => ({ how: 'failed', error: fault.code, message: fault.message });

function known<T>(found: T | undefined, spec: ProgramSpec, fd: number, kind: string): T {
  // A larger input has a writer too, which is nobody's but ours.
  if (found === undefined || spec.fds[fd]?.kind !== kind) throw new TypeError(`descriptor ${fd} is not '${kind}'`);
  return found;
}

function neverStarted(spec: ProgramSpec, fault: StartFault): Running {
  return {
    pid: 0,
    writer: (fd): ChildWriter => known(brokenWriter, spec, fd, 'writable'),
    output: (fd) => known(Buffer.alloc(0), spec, fd, 'output'),
    exit: Promise.resolve(failure(fault)),
    kill: () => undefined,
  };
}
