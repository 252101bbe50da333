/**
 * True pipes without pipe2(2) where there is no /proc: FIFOs. Opening /dev/fd/N there duplicates the descriptor, so a
 * program may open its FIFO again. (On Linux it waits for a writer; see here-pipes.ts.)
 *
 * They are made in batches, since mkfifo(1) is a process; in a directory of mode 0700; and a name is gone before anything
 * goes through its FIFO, so nobody else can open it.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asStartFault, StartFault } from '../fault.js';
import type { TakePipe } from './here-pipes.js';

const BATCH = 64;
const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

export function createFifos(): TakePipe {
  let directory: string | undefined;
  const names: string[] = [];
  let made = 0;

  function makeBatch(): void {
    if (directory === undefined) {
      directory = mkdtempSync(join(tmpdir(), 'child-'));
      const left = directory;
      process.once('exit', () => {
        rmSync(left, { recursive: true, force: true });
      });
    }
    const batch = Array.from({ length: BATCH }, (_, index) => String(made + index));
    made += BATCH;
    const result = spawnSync('mkfifo', ['-m', '600', ...batch], { cwd: directory, stdio: 'ignore' });
    if (result.error !== undefined) throw asStartFault(result.error, 'mkfifo');
    if (result.status !== 0) throw new StartFault('EIO', 'mkfifo');
    for (const name of batch) names.push(join(directory, name));
  }

  // Opening neither end waits, since the reader comes first and does not block (fifo(7)).
  return (childEnd) => {
    try {
      if (names.length === 0) makeBatch();
    } catch (error) {
      throw asStartFault(error, 'mkfifo');
    }
    const name = names.pop() ?? '';
    const opened: number[] = [];
    const end = (flags: number): number => {
      const fd = openSync(name, flags);
      opened.push(fd);
      return fd;
    };
    try {
      const reader = end(O_RDONLY | O_NONBLOCK);
      if (childEnd === 'writes') return { ours: reader, theirs: end(O_WRONLY) };
      const ours = end(O_WRONLY | O_NONBLOCK);
      const theirs = end(O_RDONLY);
      closeSync(reader);
      return { ours, theirs };
    } catch (error) {
      for (const fd of opened) closeSync(fd);
      throw asStartFault(error, 'pipe');
    } finally {
      unlinkSync(name);
    }
  };
}
