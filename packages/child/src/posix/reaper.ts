/**
 * Sees our own children end: SIGCHLD, then waitpid for those that ended. No polling, and never a wait for a child that
 * somebody else in this process started. Knows nothing of how they were started.
 */
import { constants } from 'node:os';
import type { Exit } from '../program.js';
import { EINTR, P_ALL, SIGINFO_PID, WEXITED, WNOHANG, WNOWAIT, WORDS_OF_SIGINFO } from './libc.js';
import type { Libc } from './libc.js';

type Ended = (exit: Exit) => void;

export interface Reaper {
  /** Begins to listen, before a program is launched, so that its end cannot be missed. */
  expect(): void;
  /** The launch came to nothing. */
  forget(): void;
  /** The launch gave `pid`. `look` also asks at once: it may have ended before we knew its number. */
  watch(pid: number, ended: Ended, look: boolean): void;
}

// How long the handler stays when nothing runs: putting it up and down for every program costs more than a wait.
const LINGER = 1000;

// With so few, asking for each by number is cheaper than looking for one that has ended.
const FEW = 3;

// Of two names for a number the first is the usual one: SIGABRT, not SIGIOT.
const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name as NodeJS.Signals] as const),
);

export function createReaper(libc: Libc): Reaper {
  const watched = new Map<number, Ended>();
  const status = new Int32Array(1);
  const info = new Int32Array(WORDS_OF_SIGINFO);
  let expected = 0;
  let timer: NodeJS.Timeout | undefined;

  // Node's signal watchers do not keep the process up; this timer does while something runs, and takes the handler down
  // when nothing has run for a while.
  function hold(): void {
    if (expected++ > 0) return;
    if (timer !== undefined) {
      timer.ref();
      return;
    }
    process.on('SIGCHLD', reap);
    timer = setInterval(rest, LINGER);
  }

  function release(): void {
    if (--expected === 0) timer?.unref();
  }

  function rest(): void {
    if (expected > 0) return;
    clearInterval(timer);
    timer = undefined;
    process.off('SIGCHLD', reap);
  }

  // One SIGCHLD may stand for many ends, and for those of others. Look at one zombie after another without taking it; if
  // one is not ours it stays in front until its owner takes it, so ask for each of ours by number instead.
  function reap(): void {
    if (watched.size <= FEW) return takeEach();
    while (watched.size > 0) {
      info[SIGINFO_PID] = 0;
      const found = libc.waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) === 0;
      const pid = info[SIGINFO_PID];
      if (!found && libc.errno() === EINTR) continue;
      if (found && pid === 0) return;
      if (!found || !watched.has(pid)) return takeEach();
      take(pid);
    }
  }

  function takeEach(): void {
    // A copy: whoever is told of an end may start the next program.
    for (const each of [...watched.keys()]) take(each);
  }

  function take(pid: number): void {
    let result: number;
    do result = libc.waitpid(pid, status, WNOHANG);
    while (result === -1 && libc.errno() === EINTR);
    if (result === 0) return;
    const ended = watched.get(pid);
    watched.delete(pid);
    release();
    // ECHILD: somebody in this process waits for children that are not theirs, and took its status with them.
    ended?.(
      result === pid ? exitOf(status[0] ?? 0) : { how: 'failed', error: 'ECHILD', message: 'exit status was taken' },
    );
  }

  return {
    expect: hold,
    forget: release,
    watch(pid, ended, look) {
      watched.set(pid, ended);
      if (look) take(pid);
    },
  };
}

/** wait(2): the low seven bits are a signal, the next eight above them an exit code. */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  if (signal === 0) return { how: 'exited', code: (status >> 8) & 0xff };
  // Real-time signals have no name in Node.
  return { how: 'signaled', signal: SIGNAL_NAMES.get(signal) ?? (`SIG${signal}` as NodeJS.Signals) };
}
