/** What both backends must do, in one process. What needs a process of its own is in contract-process.ts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FdSource, ProgramSpec, Running, Spawner } from '../src/program.js';

const OUT: FdSource = { kind: 'output', limit: 1 << 20 };
const input = (text: string | Uint8Array): FdSource => ({ kind: 'input', bytes: Buffer.from(text) });
const sh = (
  script: string,
  fds: Record<number, FdSource> = { 1: OUT },
  more: Partial<ProgramSpec> = {},
): ProgramSpec => ({
  argv: ['/bin/sh', '-c', script],
  env: { PATH: '/usr/bin:/bin' },
  fds,
  deadline: 20_000,
  ...more,
});
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for what must come; a test that never sees it fails by its own time limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

export function childContract(name: string, create: () => Spawner): void {
  describe(`${name}: a program`, () => {
    let spawner: Spawner;
    let directory: string;
    const text = async (spec: ProgramSpec, fd = 1): Promise<string> => {
      const { exit, output } = await spawner.run(spec);
      expect(exit).toEqual({ how: 'exited', code: 0 });
      return String(output[fd]);
    };

    beforeAll(() => {
      spawner = create();
      directory = mkdtempSync(join(tmpdir(), 'child-test-'));
    });
    afterAll(() => {
      rmSync(directory, { recursive: true, force: true });
    });

    describe('its exit', () => {
      it('has every code', async () => {
        for (let code = 0; code <= 255; code += name === 'posix_spawn' ? 1 : 17) {
          expect((await spawner.run(sh(`exit ${code}`, {}))).exit).toEqual({ how: 'exited', code });
        }
      });

      it.each(['SIGHUP', 'SIGINT', 'SIGPIPE', 'SIGTERM', 'SIGKILL', 'SIGSEGV', 'SIGUSR1'] as const)(
        'names %s',
        async (signal) => {
          const { exit } = await spawner.run(sh(`kill -${signal.slice(3)} $$`, {}));
          expect(exit).toEqual({ how: 'signaled', signal });
        },
      );

      it('is seen when the program ends before anything else happens here', async () => {
        const running = spawner.start({ argv: ['/bin/true'], fds: {} });
        const until = process.hrtime.bigint() + 50_000_000n;
        while (process.hrtime.bigint() < until);
        expect(await running.exit).toEqual({ how: 'exited', code: 0 });
        expect(running.pid).toBeGreaterThan(0);
      });

      it('waits for nothing that holds the pipe longer', async () => {
        const running = spawner.start(sh('echo first; sleep 60 & echo $!', { 1: OUT }));
        expect(await running.exit).toEqual({ how: 'exited', code: 0 });
        const [first, grandchild] = String(running.output(1)).split('\n');
        expect(first).toBe('first');
        expect(isAlive(Number(grandchild))).toBe(true);
        process.kill(Number(grandchild), 'SIGKILL');
      });
    });

    describe('that cannot be started', () => {
      const failure = async (spec: ProgramSpec): Promise<string> => {
        const running = spawner.start(spec);
        const exit = await running.exit;
        if (exit.how !== 'failed') throw new Error(`it ${exit.how}`);
        expect(running.pid).toBe(0);
        expect(exit.message).toContain(exit.error);
        running.kill();
        return exit.error;
      };

      it('is ENOENT', async () => {
        expect(await failure({ argv: [join(directory, 'nothing')], fds: {} })).toBe('ENOENT');
        expect(await failure({ argv: ['no-such-program-anywhere'], fds: {} })).toBe('ENOENT');
        expect(await failure({ argv: [''], fds: {} })).toBe('ENOENT');
      });

      it('is EACCES if it is not executable, or a directory', async () => {
        const file = join(directory, 'plain');
        writeFileSync(file, '#!/bin/sh\n');
        chmodSync(file, 0o644);
        expect(await failure({ argv: [file], fds: {} })).toBe('EACCES');
        expect(await failure({ argv: [directory], fds: {} })).toBe('EACCES');
      });

      it('is ENOENT without its working directory or its interpreter', async () => {
        expect(await failure({ argv: ['/bin/true'], cwd: join(directory, 'nothing'), fds: {} })).toBe('ENOENT');
        const file = join(directory, 'odd');
        writeFileSync(file, '#!/no/such/interpreter\n');
        chmodSync(file, 0o755);
        expect(await failure({ argv: [file], fds: {} })).toBe('ENOENT');
      });

      it('is EINVAL with a NUL or a name that cannot be one', async () => {
        expect(await failure({ argv: ['/bin/true', 'a\0b'], fds: {} })).toBe('EINVAL');
        expect(await failure({ argv: ['/bin/true\0'], fds: {} })).toBe('EINVAL');
        expect(await failure({ argv: ['/bin/true'], env: { A: 'a\0b' }, fds: {} })).toBe('EINVAL');
        expect(await failure({ argv: ['/bin/true'], env: { 'A=B': 'c' }, fds: {} })).toBe('EINVAL');
        expect(await failure({ argv: ['/bin/true'], cwd: '/\0', fds: {} })).toBe('EINVAL');
      });

      it('is E2BIG with too many arguments', async () => {
        expect(await failure({ argv: ['/bin/true', 'x'.repeat(1 << 20)], fds: {} })).toBe('E2BIG');
      });

      it('has writers that take everything and outputs that are empty', async () => {
        const running = spawner.start({ argv: ['/nothing/here'], fds: { 0: { kind: 'writable' }, 1: OUT } });
        const writer = running.writer(0);
        await writer.write(Buffer.alloc(1 << 20));
        writer.end();
        await running.exit;
        expect(writer.failed).toBe(true);
        expect(running.output(1)).toHaveLength(0);
      });
    });

    it('that no spec can mean is a TypeError', () => {
      expect(() => spawner.start({ argv: ['/bin/true'], fds: { 4: { kind: 'same-as', fd: 5 } } })).toThrow(TypeError);
      expect(() => spawner.start({ argv: ['/bin/true'], fds: { [-1]: OUT } })).toThrow(TypeError);
      const running = spawner.start({ argv: ['/bin/true'], fds: { 1: OUT } });
      expect(() => running.writer(1)).toThrow(TypeError);
      expect(() => running.output(0)).toThrow(TypeError);
      return running.exit;
    });

    describe('what it is given', () => {
      it('is its arguments, as they are', async () => {
        const said = await text({
          argv: ['/usr/bin/printf', '%s|', 'a b', '', '$x;`y`', 'é\u{1f600}'],
          fds: { 1: OUT },
        });
        expect(said).toBe('a b||$x;`y`|é\u{1f600}|');
      });

      it('is exactly the environment of the spec', async () => {
        expect(await text({ argv: ['/usr/bin/env', '-0'], fds: { 1: OUT } })).toBe('');
        const env = { B: 'two words', A: '', PATH: '/usr/bin', É: 'ü\n=' };
        expect(await text({ argv: ['/usr/bin/env', '-0'], env, fds: { 1: OUT } })).toBe(
          'B=two words\0A=\0PATH=/usr/bin\0É=ü\n=\0',
        );
      });

      it('may be frozen, and is then encoded once', async () => {
        const spec: ProgramSpec = {
          argv: Object.freeze(['/usr/bin/env', '-0'] as const),
          env: Object.freeze({ A: '1' }),
          fds: { 1: OUT },
        };
        for (let i = 0; i < 3; i++) expect(await text(spec)).toBe('A=1\0');
      });

      it('is found in the PATH of its own environment', async () => {
        const file = join(directory, 'only-here');
        writeFileSync(file, '#!/bin/sh\necho found $0\n');
        chmodSync(file, 0o755);
        const spec = { argv: ['only-here'] as const, env: { PATH: `/nowhere:${directory}` }, fds: { 1: OUT } };
        expect(await text(spec)).toBe(`found ${file}\n`);
        expect((await spawner.run({ ...spec, env: {} })).exit).toMatchObject({ how: 'failed', error: 'ENOENT' });
      });

      it('is its working directory', async () => {
        expect(await text({ argv: ['/bin/pwd'], cwd: '/usr/lib', fds: { 1: OUT } })).toBe('/usr/lib\n');
        expect(await text({ argv: ['/bin/pwd'], fds: { 1: OUT } })).toBe(`${process.cwd()}\n`);
      });

      it('is default signals, none blocked, and a process group of its own', async () => {
        const status = await text({ argv: ['/bin/cat', '/proc/self/status'], fds: { 1: OUT } });
        expect(/^SigBlk:\t0+$/m.test(status)).toBe(true);
        expect(/^SigIgn:\t0+$/m.test(status)).toBe(true);
        const running = spawner.start({ argv: ['/bin/cat', '/proc/self/stat'], fds: { 1: OUT } });
        await running.exit;
        const [pid, , , , group] = String(running.output(1)).split(' ');
        expect(Number(pid)).toBe(running.pid);
        expect(group).toBe(pid);
      });
    });

    describe('its descriptors', () => {
      // The shell's own numbers are told apart from what it opens itself by not letting it open anything.
      const LIST =
        'i=0; while [ $i -le 300 ]; do [ -L /proc/$$/fd/$i ] && printf "$i " && readlink /proc/$$/fd/$i; i=$((i+1)); done';
      const list = async (fds: Record<number, FdSource>): Promise<string[]> => {
        const lines = (await text(sh(`${LIST}; exit 0`, fds)))
          .replace(/:\[\d+\]/g, '')
          .trimEnd()
          .split('\n');
        // Node cannot close what its own parent left open (a terminal multiplexer's, say), so there it is made harmless.
        if (name !== 'child_process') return lines;
        return lines.filter((line) => Number.parseInt(line, 10) <= 10 || !line.endsWith(' /dev/null'));
      };

      it('are the listed ones, and /dev/null for 0 to 2', async () => {
        expect(await list({ 1: OUT })).toEqual(['0 /dev/null', '1 pipe', '2 /dev/null']);
        expect(await list({ 1: OUT, 4: OUT, 7: input('x') })).toEqual([
          '0 /dev/null',
          '1 pipe',
          '2 /dev/null',
          '4 pipe',
          '7 pipe',
        ]);
      });

      it('can be one pipe twice', async () => {
        const spec = sh('echo four >&4; echo six >&6; readlink /proc/$$/fd/4 /proc/$$/fd/6', {
          1: OUT,
          4: OUT,
          6: { kind: 'same-as', fd: 4 },
        });
        const { output } = await spawner.run(spec);
        expect(String(output[4])).toBe('four\nsix\n');
        const [four, six] = String(output[1]).split('\n');
        expect(four).toMatch(/^pipe:/);
        expect(six).toBe(four);
        expect(Object.keys(output)).toEqual(['1', '4']);
      });

      it('can be ours, in any order, and stay ours', async () => {
        const file = join(directory, 'inherited');
        const [a, b] = [openSync(file, 'w+'), openSync('/dev/null', 'r')];
        const spec = sh('readlink /proc/$$/fd/0 /proc/$$/fd/2; echo into >&0', {
          0: { kind: 'inherit', fd: a },
          1: OUT,
          2: { kind: 'inherit', fd: b },
        });
        expect(await text(spec)).toBe(`${file}\n/dev/null\n`);
        expect(readFileSync(file, 'utf8')).toBe('into\n');
        expect(readlinkSync(`/proc/self/fd/${a}`)).toBe(file);
        closeSync(a);
        closeSync(b);
      });

      it('may have the numbers of ours crosswise', async () => {
        const [a, b] = [openSync('/dev/null', 'r'), openSync('/dev/zero', 'r')];
        const said = await text(
          sh(`readlink /proc/$$/fd/${a} /proc/$$/fd/${b}`, {
            1: OUT,
            [a]: { kind: 'inherit', fd: b },
            [b]: { kind: 'inherit', fd: a },
          }),
        );
        expect(said).toBe('/dev/zero\n/dev/null\n');
        closeSync(a);
        closeSync(b);
      });

      it('are true pipes, to be opened again by name', async () => {
        expect(await text(sh('cat /dev/stdin', { 0: input('again\n'), 1: OUT }))).toBe('again\n');
        expect(await text(sh('cat /dev/stdin', { 0: input(''), 1: OUT }))).toBe('');
        const copy = sh('dd if=/dev/fd/1 of=/dev/fd/5 2>/dev/null', { 1: input('read from 1\n'), 5: OUT });
        expect(await text(copy, 5)).toBe('read from 1\n');
        expect(await text(sh('echo out > /dev/stdout', { 1: OUT }))).toBe('out\n');
      });

      it('are true pipes even after the end has been written', async () => {
        const running = spawner.start(sh('sleep 0.2; cat /dev/stdin', { 0: { kind: 'writable' }, 1: OUT }));
        running.writer(0).end(Buffer.from('late\n'));
        expect(await running.exit).toEqual({ how: 'exited', code: 0 });
        expect(String(running.output(1))).toBe('late\n');
      });

      it('block in the child', async () => {
        const running = spawner.start(sh('read line; echo "$line"', { 0: { kind: 'writable' }, 1: OUT }));
        await pause(100);
        running.writer(0).end(Buffer.from('patience\n'));
        expect(await running.exit).toEqual({ how: 'exited', code: 0 });
        expect(String(running.output(1))).toBe('patience\n');
      });
    });

    describe('its input', () => {
      it.each([0, 1, 512, 4096, 4097, 65_536, 65_537, 1_000_000])('of %d bytes arrives whole', async (size) => {
        const bytes = Buffer.alloc(size);
        for (let i = 0; i < size; i++) bytes[i] = i % 251;
        const { exit, output } = await spawner.run({
          argv: ['/bin/cat'],
          fds: { 0: { kind: 'input', bytes }, 1: { kind: 'output', limit: 2_000_000 } },
          deadline: 20_000,
        });
        expect(exit).toEqual({ how: 'exited', code: 0 });
        expect(output[1]?.equals(bytes)).toBe(true);
      });

      it('of 10 MB goes through a writer no faster than it is read', async () => {
        const running = spawner.start(sh('sleep 0.2; wc -c', { 0: { kind: 'writable' }, 1: OUT }));
        const writer = running.writer(0);
        const chunk = Buffer.alloc(16_384, 'x');
        let waits = 0;
        let taken = 0;
        for (; taken < 10 * (1 << 20); taken += chunk.length) {
          const wait = writer.write(chunk);
          if (wait !== undefined) {
            // Nobody reads yet: no more than the pipe has been taken so far.
            if (waits++ === 0) expect(taken).toBeLessThanOrEqual(1 << 20);
            await wait;
          }
        }
        writer.end();
        expect(await running.exit).toEqual({ how: 'exited', code: 0 });
        expect(Number(running.output(1))).toBe(taken);
        expect(waits).toBeGreaterThan(0);
        expect(writer.failed).toBe(false);
      });

      it('keeps its order even if nobody waits', async () => {
        const running = spawner.start({
          argv: ['/bin/cat'],
          fds: { 0: { kind: 'writable' }, 1: { kind: 'output', limit: 10_000_000 } },
        });
        const writer = running.writer(0);
        const sent: Buffer[] = [];
        for (let i = 0; i < 100; i++) {
          const chunk = Buffer.alloc(10_000, i);
          sent.push(chunk);
          void writer.write(chunk);
        }
        const last = Buffer.from('the end');
        writer.end(last);
        await running.exit;
        expect(running.output(1).equals(Buffer.concat([...sent, last]))).toBe(true);
        expect(writer.failed).toBe(false);
      });

      it('may be left unread: a failed writer and nothing worse', async () => {
        const running = spawner.start(sh('exec <&-; sleep 0.1; exit 3', { 0: { kind: 'writable' } }));
        const writer = running.writer(0);
        await until(() => {
          void writer.write(Buffer.alloc(1000));
          return writer.failed;
        });
        await writer.write(Buffer.alloc(1 << 20));
        writer.end();
        writer.abort();
        expect(await running.exit).toEqual({ how: 'exited', code: 3 });
      });

      it('that waits for room is let go when the program ends', async () => {
        const running = spawner.start(sh('sleep 0.2; exit 4', { 0: { kind: 'writable' } }));
        const writer = running.writer(0);
        await writer.write(Buffer.alloc(1 << 20));
        expect(writer.failed).toBe(true);
        expect(await running.exit).toEqual({ how: 'exited', code: 4 });
      });

      it('too large and unread hurts nobody', async () => {
        const { exit } = await spawner.run(sh('exit 5', { 0: { kind: 'input', bytes: Buffer.alloc(1 << 20) } }));
        expect(exit).toEqual({ how: 'exited', code: 5 });
      });

      it('that never ended is a failure of its writer', async () => {
        const running = spawner.start(sh('exit 0', { 0: { kind: 'writable' } }));
        await running.exit;
        expect(running.writer(0).failed).toBe(true);
      });

      it('ends at once when it is aborted', async () => {
        const running = spawner.start(sh('cat | wc -c', { 0: { kind: 'writable' }, 1: OUT }));
        const writer = running.writer(0);
        void writer.write(Buffer.alloc(100));
        writer.abort();
        void writer.write(Buffer.alloc(100));
        expect(await running.exit).toEqual({ how: 'exited', code: 0 });
        expect(Number(running.output(1))).toBe(100);
        expect(writer.failed).toBe(false);
      });
    });

    describe('its output', () => {
      it('can be looked at while it runs', async () => {
        const running = spawner.start(sh('echo ready; read line', { 0: { kind: 'writable' }, 1: OUT }));
        await until(() => String(running.output(1)) === 'ready\n');
        running.writer(0).end(Buffer.from('go\n'));
        expect(await running.exit).toEqual({ how: 'exited', code: 0 });
      });

      it('is cut at its limit, and the program is not', async () => {
        const running = spawner.start(
          sh('head -c 20000000 /dev/zero; echo done >&3', { 1: { kind: 'output', limit: 1000 }, 3: OUT }),
        );
        expect(await running.exit).toEqual({ how: 'exited', code: 0 });
        expect(running.output(1)).toHaveLength(1000);
        expect(String(running.output(3))).toBe('done\n');
      });

      it('may have no place at all', async () => {
        const { exit, output } = await spawner.run(
          sh('head -c 1000000 /dev/zero', { 1: { kind: 'output', limit: 0 } }),
        );
        expect(exit).toEqual({ how: 'exited', code: 0 });
        expect(output[1]).toHaveLength(0);
      });

      it('is complete at the exit, also when it was written last and filled the pipe', async () => {
        for (let i = 0; i < 20; i++) {
          const { output } = await spawner.run(sh('head -c 65536 /dev/zero', { 1: OUT }));
          expect(output[1]).toHaveLength(65_536);
        }
      });

      it('that never stops does not keep an exit', async () => {
        const running = spawner.start(sh('yes & echo $! >&3; exit 0', { 1: { kind: 'output', limit: 10 }, 3: OUT }));
        expect(await running.exit).toEqual({ how: 'exited', code: 0 });
        const flood = Number(running.output(3));
        // Its reader has gone: SIGPIPE is at its default, so it is as well.
        await until(() => !isAlive(flood));
      });
    });

    describe('its deadline', () => {
      it('ends a program that hangs', async () => {
        const running = spawner.start(sh('sleep 60', {}, { deadline: 50 }));
        expect(await running.exit).toEqual({ how: 'timeout' });
        await until(() => !isAlive(running.pid));
      });

      it('ends what the program started, too', async () => {
        const running = spawner.start(sh('sleep 60 & echo $!; wait', { 1: OUT }, { deadline: 200 }));
        expect(await running.exit).toEqual({ how: 'timeout' });
        const grandchild = Number(running.output(1));
        expect(grandchild).toBeGreaterThan(0);
        await until(() => !isAlive(grandchild));
      });

      it('goes on to SIGKILL', async () => {
        const running = spawner.start(
          sh(
            'trap "echo caught" TERM; echo up; while :; do sleep 0.05; done',
            { 1: OUT },
            { deadline: 300, grace: 300 },
          ),
        );
        expect(await running.exit).toEqual({ how: 'timeout' });
        expect(String(running.output(1))).toBe('up\ncaught\n');
        expect(isAlive(running.pid)).toBe(false);
      });

      it('is a timeout even if the program then exits 0', async () => {
        const script = 'trap "exit 0" TERM; while :; do sleep 0.05; done';
        expect((await spawner.run(sh(script, {}, { deadline: 200 }))).exit).toEqual({ how: 'timeout' });
      });

      it('is nothing to a program that ends in time', async () => {
        expect((await spawner.run(sh('exit 1', {}, { deadline: 20_000 }))).exit).toEqual({ how: 'exited', code: 1 });
      });
    });

    describe('kill()', () => {
      it('is SIGTERM, then SIGKILL', async () => {
        const polite = spawner.start({ argv: ['/bin/sleep', '60'], fds: {} });
        polite.kill();
        expect(await polite.exit).toEqual({ how: 'signaled', signal: 'SIGTERM' });
        polite.kill();
        const stubborn = spawner.start(
          sh('trap "" TERM; echo; while :; do sleep 0.05; done', { 1: OUT }, { grace: 100 }),
        );
        await until(() => stubborn.output(1).length > 0);
        stubborn.kill();
        expect(await stubborn.exit).toEqual({ how: 'signaled', signal: 'SIGKILL' });
        const sudden = spawner.start({ argv: ['/bin/sleep', '60'], fds: {} });
        sudden.kill('SIGKILL');
        expect(await sudden.exit).toEqual({ how: 'signaled', signal: 'SIGKILL' });
      });
    });

    describe('beside others', () => {
      it('200 at once each keep their own', async () => {
        const results = await Promise.all(
          Array.from({ length: 200 }, (_, i) =>
            spawner.run(sh(`cat; exit ${i % 7}`, { 0: input(`number ${i}`), 1: OUT }, { deadline: 60_000 })),
          ),
        );
        results.forEach(({ exit, output }, i) => {
          expect(exit).toEqual({ how: 'exited', code: i % 7 });
          expect(String(output[1])).toBe(`number ${i}`);
        });
      });

      it('leaves node:child_process its children, and is left its own', async () => {
        const theirs = Array.from({ length: 40 }, async (_, i) => {
          const child = spawn('/bin/sh', ['-c', `exit ${i}`], { stdio: 'ignore' });
          expect(await once(child, 'exit')).toEqual([i, null]);
        });
        const ours = Array.from({ length: 40 }, async (_, i) => {
          expect((await spawner.run(sh(`exit ${i + 100}`, {}))).exit).toEqual({ how: 'exited', code: i + 100 });
        });
        await Promise.all([...theirs, ...ours]);
      });

      it('sees its end behind a zombie that is not its own', async () => {
        // Stopped and not waited for by anybody until we look: node reaps it only when the loop turns.
        const theirs = spawn('/bin/true', { stdio: 'ignore' });
        const done = once(theirs, 'exit');
        const running: Running[] = Array.from({ length: 5 }, () => spawner.start({ argv: ['/bin/true'], fds: {} }));
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
        for (const { exit } of running) expect(await exit).toEqual({ how: 'exited', code: 0 });
        expect(await done).toEqual([0, null]);
      });
    });
  });
}
