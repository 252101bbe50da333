/**
 * True pipes on Linux without pipe2(2), which Node does not have (its `stdio: 'pipe'` is a socketpair).
 *
 * A shell makes a pipe for a here-document; as long as the shell lives, /proc lets us open that pipe anew, at either end.
 * A FIFO would not do: opening one again (`cat /dev/stdin`) waits for a writer for ever once the writer has ended
 * (fifo(7)), where a pipe shows the end.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { asStartFault, StartFault } from '../fault.js';
import type { Pipe } from '../launcher.js';

// One digit is all that a redirection may have in a POSIX shell. Standard output turns into a pipe last: then all are made.
const SCRIPT = `exec ${[3, 4, 5, 6, 7, 8, 9].map((fd) => `${fd}<<E`).join(' ')} 1<&9
${'E\n'.repeat(7)}exec sleep 30`;

// Milliseconds: one look, and all of them. The shell needs about one.
const LOOK = 0.2;
const PATIENCE = 2000;

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
const nap = new Int32Array(new SharedArrayBuffer(4));

/** Both ends of a pipe that nobody else has. */
export type TakePipe = (childEnd: 'reads' | 'writes') => Pipe;

export function createHerePipes(): TakePipe {
  // One descriptor for each pipe that is ready.
  const stock: number[] = [];
  let owner = process.geteuid?.();

  return (childEnd) => {
    // A pipe belongs to whom it was made by: after setuid(2) those of before cannot be opened again.
    if (owner !== process.geteuid?.()) {
      for (const fd of stock.splice(0)) closeSync(fd);
      owner = process.geteuid?.();
    }
    const ready = stock.pop() ?? refill(stock);
    const name = `/proc/self/fd/${ready}`;
    let ours: number | undefined;
    try {
      ours = openSync(name, (childEnd === 'reads' ? O_WRONLY : O_RDONLY) | O_NONBLOCK);
      return { ours, theirs: openSync(name, childEnd === 'reads' ? O_RDONLY : O_WRONLY) };
    } catch (error) {
      if (ours !== undefined) closeSync(ours);
      throw asStartFault(error, 'pipe');
    } finally {
      closeSync(ready);
    }
  };
}

/** Fills the stock but for one, which is given back. @throws StartFault */
function refill(stock: number[]): number {
  const opened: number[] = [];
  let shell;
  try {
    shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } });
    shell.once('error', () => undefined);
    if (shell.pid === undefined) throw new StartFault('EAGAIN', 'pipe');
    awaitPipe(`/proc/${shell.pid}/fd/1`);
    for (let fd = 3; fd <= 9; fd++) opened.push(openSync(`/proc/${shell.pid}/fd/${fd}`, O_RDONLY | O_NONBLOCK));
    if (!opened.every((fd) => fstatSync(fd).isFIFO())) throw new StartFault('ENOTSUP', 'pipe');
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    // The shell has gone already: it found no descriptor or no memory, and the next one may.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new StartFault('EAGAIN', 'pipe');
    throw asStartFault(error, 'pipe');
  } finally {
    // Not where it was never started: its handle has pid 0 then, and Node would signal our own process group.
    if (shell?.pid !== undefined) shell.kill('SIGKILL');
  }
  const [first = -1, ...rest] = opened;
  stock.push(...rest);
  return first;
}

function awaitPipe(name: string): void {
  for (let waited = 0; waited < PATIENCE; waited += LOOK) {
    if (readlinkSync(name).startsWith('pipe:')) return;
    Atomics.wait(nap, 0, 0, LOOK);
  }
  throw new StartFault('ENOTSUP', 'pipe');
}
