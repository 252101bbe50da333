/**
 * What starting a program costs: posix_spawn beside node:child_process, at two sizes of our own memory.
 *
 *   npm run build && node packages/child/bench/child.mjs [megabytes ...]
 *
 * For each size there is a fresh process that fills its memory. In it rounds of every contender take turns (A B C A B C),
 * so that whatever else the machine does meets all alike, and the median round of each is printed. One run is what a
 * password check is: 40 bytes on fd 3, an output of at most 1 KiB, /bin/true, its exit awaited.
 */
import { fork } from 'node:child_process';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { createSpawner } from '../dist/index.js';

const ROUNDS = 7;
const CONCURRENCY = [1, 8, 32];
const CONTENDERS = [
  { name: 'posix_spawn, auto', options: { backend: 'posix_spawn', threads: 'auto' }, runs: 200 },
  { name: 'posix_spawn, loop', options: { backend: 'posix_spawn', threads: 'loop' }, runs: 200 },
  { name: 'posix_spawn, pool', options: { backend: 'posix_spawn', threads: 'pool' }, runs: 200 },
  { name: 'child_process', options: { backend: 'child_process' }, runs: 16 },
];

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const residentMegabytes = () => process.memoryUsage.rss() / 1048576;

/** One round: milliseconds per run. `start`: spent in start(). `loop`: the event loop was not free. `wall`: all of it. */
async function round(spawner, runs, concurrency) {
  const bytes = Buffer.from(`${'x'.repeat(37)}\0y\0`);
  let left = runs;
  let inStart = 0;
  const active = performance.eventLoopUtilization().active;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        const before = performance.now();
        const running = spawner.start({
          argv: ['/bin/true'],
          env: { PROTO: 'TCP', TCPREMOTEIP: '192.0.2.1' },
          fds: { 1: { kind: 'output', limit: 1024 }, 3: { kind: 'input', bytes } },
        });
        inStart += performance.now() - before;
        const exit = await running.exit;
        if (exit.how !== 'exited') throw new Error(JSON.stringify(exit));
      }
    }),
  );
  const loop = performance.eventLoopUtilization().active - active;
  return { start: inStart / runs, loop: loop / runs, wall: (performance.now() - begin) / runs };
}

async function measure(megabytes) {
  const held = [];
  while (residentMegabytes() < megabytes) held.push(Buffer.alloc(1 << 20, 1));
  const contenders = CONTENDERS.map((contender) => ({ ...contender, spawner: createSpawner(contender.options) }));
  const rows = [];
  for (const concurrency of CONCURRENCY) {
    const results = contenders.map(() => []);
    for (let i = 0; i <= ROUNDS; i++) {
      for (const [which, { spawner, runs }] of contenders.entries()) {
        const result = await round(spawner, runs, concurrency);
        // The first is for warming up.
        if (i > 0) results[which].push(result);
      }
    }
    contenders.forEach(({ name }, which) => {
      const of = (key) => median(results[which].map((result) => result[key]));
      rows.push({ name, concurrency, start: of('start'), loop: of('loop'), wall: of('wall') });
    });
  }
  process.send({ resident: Math.round(residentMegabytes()), held: held.length, rows });
}

if (process.argv[2] === '--measure') {
  await measure(Number(process.argv[3]));
  process.disconnect();
} else {
  const sizes = process.argv.slice(2).map(Number);
  console.log(
    `${cpus()[0]?.model} x ${cpus().length}, Node ${process.version}, medians of ${ROUNDS} interleaved rounds\n`,
  );
  console.log('| resident MB | at once | started by | in start() ms | loop busy ms | runs a second |');
  console.log('|---|---|---|---|---|---|');
  for (const size of sizes.length > 0 ? sizes : [80, 400]) {
    const result = await new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), ['--measure', String(size)]);
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
    });
    for (const { name, concurrency, start, loop, wall } of result.rows) {
      console.log(
        `| ${result.resident} | ${concurrency} | ${name} | ${start.toFixed(3)} | ${loop.toFixed(3)} | ${(1000 / wall).toFixed(0)} |`,
      );
    }
  }
}
