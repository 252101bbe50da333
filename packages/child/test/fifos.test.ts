import { closeSync, readSync, writeSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createFifos } from '../src/fallback/fifos.js';

describe('the pipes of systems without /proc', () => {
  const pipes = createFifos();
  const open: number[] = [];
  const take = (childEnd: 'reads' | 'writes'): { ours: number; theirs: number } => {
    const pipe = pipes(childEnd);
    open.push(pipe.ours, pipe.theirs);
    return pipe;
  };
  const buffer = Buffer.alloc(100);
  const close = (fd: number): void => {
    open.splice(open.indexOf(fd), 1);
    closeSync(fd);
  };
  afterEach(() => {
    for (const fd of open.splice(0)) closeSync(fd);
  });

  it('carry bytes either way, then the end', () => {
    const input = take('reads');
    writeSync(input.ours, 'to the child');
    close(input.ours);
    expect(buffer.toString('utf8', 0, readSync(input.theirs, buffer))).toBe('to the child');
    expect(readSync(input.theirs, buffer)).toBe(0);
    const output = take('writes');
    expect(() => readSync(output.ours, buffer)).toThrow('EAGAIN');
    writeSync(output.theirs, 'from the child');
    close(output.theirs);
    expect(buffer.toString('utf8', 0, readSync(output.ours, buffer))).toBe('from the child');
    expect(readSync(output.ours, buffer)).toBe(0);
  });

  it('are each their own, however many', () => {
    const taken = Array.from({ length: 150 }, () => take('writes'));
    taken.forEach(({ theirs }, i) => writeSync(theirs, String(i)));
    taken.forEach(({ ours }, i) => {
      expect(buffer.toString('utf8', 0, readSync(ours, buffer))).toBe(String(i));
    });
  });

  it('break when the reader has gone', () => {
    const { ours, theirs } = take('reads');
    close(theirs);
    expect(() => writeSync(ours, 'x')).toThrow('EPIPE');
  });
});
