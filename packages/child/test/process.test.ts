/** What both backends must do over the life of a process, each in a process of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlePackage } from './bundle.js';
import type { Bundle } from './bundle.js';

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundlePackage();
});
afterAll(() => {
  bundle.remove();
});

const TOOLS = `
const OUT = { kind: 'output', limit: 1000 };
const descriptors = () => fs.readdirSync('/proc/self/fd').length;
// Our children by state, 'Z' for a zombie (proc(5)).
const children = () => fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).flatMap((name) => {
  try {
    const [state, parent] = fs.readFileSync('/proc/' + name + '/stat', 'latin1').replace(/^.*\\) /, '').split(' ');
    return Number(parent) === process.pid ? [state] : [];
  } catch { return []; }
});
const report = (value) => process.stdout.write(JSON.stringify(value));
`;

describe.each([
  { backend: 'posix_spawn', runs: 10_000 },
  { backend: 'child_process', runs: 700 },
])('$backend', ({ backend, runs }) => {
  it(`leaves neither descriptors nor zombies in ${runs} runs`, { timeout: 120_000 }, async () => {
    const result = await bundle.play(
      backend,
      `${TOOLS}
      const kinds = [
        () => spawner.run({ argv: ['/bin/true'], fds: {} }),
        () => spawner.run({ argv: ['/bin/cat'], fds: { 0: { kind: 'input', bytes: Buffer.from('x') }, 1: OUT } }),
        () => { const r = spawner.start({ argv: ['/bin/true'], fds: { 0: { kind: 'writable' }, 3: OUT, 4: { kind: 'same-as', fd: 3 } } });
                r.writer(0).end(Buffer.alloc(100000)); return r.exit; },
        () => spawner.run({ argv: ['/no/such/program'], fds: { 0: { kind: 'writable' }, 1: OUT, 2: { kind: 'inherit', fd: 2 } } }),
        () => { const r = spawner.start({ argv: ['/bin/sleep', '60'], fds: { 1: OUT } }); r.kill('SIGKILL'); return r.exit; },
        () => spawner.run({ argv: ['/bin/true', 'a\\0b'], fds: { 0: { kind: 'writable' }, 1: OUT } }),
        () => spawner.run({ argv: ['/bin/true'], fds: { 1: OUT }, cwd: '/no/such/directory' }),
      ];
      const many = async (count) => {
        let left = count;
        await Promise.all(Array.from({ length: 12 }, async () => { while (left-- > 0) await kinds[left % kinds.length](); }));
      };
      // A stock of pipes that are ready may hold a few.
      await many(70);
      const before = descriptors();
      await many(${runs});
      report({ grown: Math.max(0, descriptors() - before - 7), children: children() });`,
    );
    expect(result).toEqual({ grown: 0, children: [] });
  });

  it('has EMFILE as a value, and recovers', async () => {
    const result = await bundle.play(
      backend,
      `${TOOLS}
      const spec = { argv: ['/bin/cat'], fds: { 0: { kind: 'input', bytes: Buffer.from('x') }, 1: OUT, 3: { kind: 'writable' } } };
      await spawner.run(spec);
      const taken = [];
      try { for (;;) taken.push(fs.openSync('/dev/null', 'r')); } catch {}
      const errors = new Set();
      // However many are left, none of these goes through whole, and none may leave an end behind.
      for (let free = 0; free < 4; free++) {
        for (let again = 0; again < 20; again++) {
          const { exit } = await spawner.run(spec);
          errors.add(exit.how === 'failed' ? exit.error : exit.how);
        }
        if (free < 3) fs.closeSync(taken.pop());
      }
      taken.forEach((fd) => fs.closeSync(fd));
      const { exit } = await spawner.run(spec);
      report({ errors: [...errors].sort(), exit });`,
      ['prlimit', '--nofile=100:100'],
    );
    expect(result).toMatchObject({ exit: { how: 'exited', code: 0 } });
    const { errors } = result as { errors: string[] };
    // The shell that makes a pipe for the fallback may be what finds no descriptor.
    expect(
      errors.filter((error) => error !== 'EMFILE' && !(backend === 'child_process' && error === 'EAGAIN')),
    ).toEqual([]);
    expect(errors).toContain('EMFILE');
  });

  it('has EAGAIN as a value when there may be no more processes', async () => {
    const result = await bundle.play(
      backend,
      `${TOOLS}
      import { execFileSync } from 'node:child_process';
      // Root is above this limit.
      if (process.getuid() === 0) { await spawner.run({ argv: ['/bin/true'], fds: { 1: OUT } }); process.setgid(65534); process.setuid(54321); }
      execFileSync('prlimit', ['--pid', String(process.pid), '--nproc=1:1']);
      const { exit } = await spawner.run({ argv: ['/bin/true'], fds: { 1: OUT } });
      report({ exit: { ...exit, message: '' }, descriptors: descriptors() > 0 });`,
    );
    expect(result).toMatchObject({ exit: { how: 'failed', error: 'EAGAIN' } });
  });

  it('keeps the process up while a program runs, and no longer', async () => {
    const result = await bundle.play(
      backend,
      `${TOOLS}
      spawner.run({ argv: ['/bin/sleep', '0.3'], fds: {} }).then(({ exit }) => report({ exit, listeners: process.listenerCount('SIGCHLD') > 1 }));`,
    );
    expect(result).toEqual({ exit: { how: 'exited', code: 0 }, listeners: false });
  });

  it('takes its signal handler down when nothing runs', async () => {
    const result = await bundle.play(
      backend,
      `${TOOLS}
      await spawner.run({ argv: ['/bin/true'], fds: {} });
      await new Promise((resolve) => setTimeout(resolve, 2500));
      const idle = process.listenerCount('SIGCHLD');
      const { exit } = await spawner.run({ argv: ['/bin/true'], fds: {} });
      report({ idle, exit });`,
    );
    expect(result).toEqual({ idle: 0, exit: { how: 'exited', code: 0 } });
  });

  it('works in a node:cluster worker', async () => {
    const result = await bundle.play(
      backend,
      `import cluster from 'node:cluster';
      if (cluster.isPrimary) {
        const answers = await Promise.all([1, 2].map(() => new Promise((resolve) => cluster.fork().on('message', resolve))));
        process.stdout.write(JSON.stringify(answers));
      } else {
        const { exit, output } = await spawner.run({ argv: ['/bin/echo', 'hello'], fds: { 1: { kind: 'output', limit: 100 } } });
        process.send({ exit, text: String(output[1]), backend: spawner.backend }, () => process.disconnect());
      }`,
    );
    const answer = { exit: { how: 'exited', code: 0 }, text: 'hello\n', backend };
    expect(result).toEqual([answer, answer]);
  });

  it('survives a collector that is always at work', { timeout: 60_000 }, async () => {
    const result = await bundle.play(
      backend,
      `import v8 from 'node:v8';
      import vm from 'node:vm';
      v8.setFlagsFromString('--expose-gc');
      const gc = vm.runInNewContext('gc');
      const busy = createSpawner({ backend: spawner.backend, threads: 'pool' });
      const bad = [];
      let left = ${backend === 'posix_spawn' ? 1500 : 100};
      await Promise.all(Array.from({ length: 50 }, async () => {
        while (left-- > 0) {
          const word = String(left);
          const done = busy.run({ argv: ['/bin/echo', word], env: { W: word }, fds: { 1: { kind: 'output', limit: 100 } } });
          if (left % 10 === 0) gc();
          const { exit, output } = await done;
          if (exit.code !== 0 || String(output[1]) !== word + '\\n') bad.push([word, exit, String(output[1])]);
        }
      }));
      process.stdout.write(JSON.stringify(bad));`,
    );
    expect(result).toEqual([]);
  });
});

describe('where posix_spawn cannot be had', () => {
  it('a worker thread falls back, and says why', async () => {
    const result = await bundle.play(
      'child_process',
      `import { isMainThread, parentPort, Worker } from 'node:worker_threads';
      import { chooseBackend } from ${JSON.stringify('./child.mjs')};
      if (isMainThread) {
        new Worker(new URL(import.meta.url)).on('message', (message) => process.stdout.write(JSON.stringify(message)));
      } else {
        const { exit, output } = await createSpawner().run({ argv: ['/bin/echo', 'hello'], fds: { 1: { kind: 'output', limit: 100 } } });
        parentPort.postMessage({ choice: chooseBackend(), exit, text: String(output[1]) });
      }`,
    );
    expect(result).toEqual({
      choice: { backend: 'child_process', reason: 'not in a worker thread' },
      exit: { how: 'exited', code: 0 },
      text: 'hello\n',
    });
  });

  it('a machine without koffi falls back, and to ask for it is an error', async () => {
    const result = await bundle.play(
      'child_process',
      `import { createRequire } from 'node:module';
      import Module from 'node:module';
      const load = Module._load;
      Module._load = (name, ...rest) => {
        if (name === 'koffi') throw Object.assign(new Error("Cannot find module 'koffi'"), { code: 'MODULE_NOT_FOUND' });
        return load(name, ...rest);
      };
      // Imported anew: what was found is kept.
      const { chooseBackend, createSpawner: create, run } = await import(${JSON.stringify('./child.mjs?again')});
      let refused;
      try { create({ backend: 'posix_spawn' }); } catch (error) { refused = error.message; }
      const { exit } = await run({ argv: ['/bin/true'], fds: {} });
      process.stdout.write(JSON.stringify({ choice: chooseBackend(), refused, exit }));`,
    );
    const reason = "Cannot find module 'koffi'";
    expect(result).toEqual({
      choice: { backend: 'child_process', reason },
      refused: reason,
      exit: { how: 'exited', code: 0 },
    });
  });
});
