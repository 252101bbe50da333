import { closeSync, openSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createSpawner } from '../src/index.js';

// What is kept between launches is kept by descriptor numbers and directory. More of these than are kept, and every launch
// must still get its own.
const COMBINATIONS = 600;

describe.each(['loop', 'pool'] as const)('posix_spawn on the %s, with descriptors of ever other numbers', (threads) => {
  const spawner = createSpawner({ backend: 'posix_spawn', threads });
  const inTheWay: number[] = [];
  afterAll(() => {
    for (const fd of inTheWay) closeSync(fd);
  });

  const echo = async (text: string, cwd: string): Promise<string> => {
    const { exit, output } = await spawner.run({
      argv: ['/bin/sh', '-c', 'cat <&3; pwd'],
      cwd,
      fds: { 3: { kind: 'input', bytes: Buffer.from(`${text} `) }, 1: { kind: 'output', limit: 100 } },
    });
    expect(exit).toEqual({ how: 'exited', code: 0 });
    return output[1]?.toString() ?? '';
  };

  it('gives each program its own input, output and directory', { timeout: 60_000 }, async () => {
    for (let i = 0; i < COMBINATIONS; i += 4) {
      inTheWay.push(openSync('/dev/null', 'r'));
      const said = await Promise.all([
        echo(`${i}`, '/'),
        echo(`${i + 1}`, '/usr'),
        echo(`${i + 2}`, '/'),
        echo(`${i + 3}`, '/usr'),
      ]);
      expect(said).toEqual([`${i} /\n`, `${i + 1} /usr\n`, `${i + 2} /\n`, `${i + 3} /usr\n`]);
    }
  });

  it('says every time that a directory is missing', async () => {
    for (let i = 0; i < 3; i++) {
      const { exit } = await spawner.run({ argv: ['/bin/true'], cwd: '/nowhere', fds: {} });
      expect(exit).toMatchObject({ how: 'failed', error: 'ENOENT' });
    }
  });
});
