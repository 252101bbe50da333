/**
 * `npm run bench`: starts every server that this machine has, gives all of them the same work in turns, A B A B, and prints
 * and writes what was measured. `npm run bench -- wire` and `-- message` run the benchmarks of these rooms alone.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, usage } from './arguments.mjs';
import { measureFloor } from './floor.mjs';
import { endClients, holdSessions, load } from './load.mjs';
import { machine } from './machine.mjs';
import { cpuMilliseconds, memory } from './measure.mjs';
import { findPrograms } from './programs.mjs';
import { markdown, write } from './report.mjs';
import { subjects } from './subjects.mjs';

const say = (text) => process.stderr.write(`${text}\n`);

// Benchmarks that are programs of their own: no server, no sockets, or another client.
const alone = process.argv[2] ?? '';
for (const path of [`${alone}.mjs`, `${alone}/run.mjs`]) {
  if (!['wire', 'message'].includes(alone)) break;
  const url = new URL(path, import.meta.url);
  if (!existsSync(url)) continue;
  process.exit(
    spawnSync(process.execPath, [fileURLToPath(url), ...process.argv.slice(3)], { stdio: 'inherit' }).status ?? 1,
  );
}

if (process.argv.includes('--help')) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}

let settings;
try {
  settings = readArguments(process.argv.slice(2));
} catch (error) {
  say(`bench: ${error.message}\n\n${usage}`);
  process.exit(2);
}

const FIRST_IDLE = 50;
const FIRST_SHAPE = { name: 'first', title: 'first', connections: 8, messages: 2, size: 1024 };

const directory = mkdtempSync(join(tmpdir(), 'postern-bench-'));
chmodSync(directory, 0o755);
const started = [];
let ending;
const end = () =>
  (ending ??= (async () => {
    endClients();
    await Promise.allSettled(started.map(({ server }) => server.stop()));
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  })());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end().then(() => process.exit(1)));

try {
  await bench();
} catch (error) {
  say(`bench: ${error.stack ?? error}`);
  process.exitCode = 1;
} finally {
  await end();
}

async function bench() {
  const programs = findPrograms(settings, directory);
  const notes = [...programs.notes];
  const { cert, key } = await certificate();
  for (const subject of subjects(settings)) {
    const own = join(directory, String(started.length + notes.length));
    mkdirSync(own);
    const setting = { directory: own, cert, key, login: settings.login, password: settings.password, programs };
    const missing = subject.missing(setting);
    if (missing !== undefined) {
      notes.push(`not measured: ${subject.name}: ${missing}`);
      continue;
    }
    try {
      const server = await subject.start(setting);
      const target = {
        host: server.host ?? '127.0.0.1',
        port: server.port,
        login: settings.login,
        password: settings.password,
      };
      started.push({ name: subject.name, server, target });
      say(`started: ${subject.name}`);
    } catch (error) {
      notes.push(`not measured: ${subject.name}: ${error.message.replaceAll(directory, '.')}`);
    }
  }
  await leaveOutTheDead(notes);
  const floor = await measureFloor(programs, settings);
  between();
  const shapes = [];
  // Idle sessions first, while the servers have not yet been under load: a heap that shrinks meanwhile hides what they cost.
  for (const shape of settings.shapes.filter((one) => one.idle === true)) {
    say(shape.title);
    shapes.push({ ...shape, rows: await idle(shape) });
  }
  const underLoad = settings.shapes.filter((one) => one.idle !== true);
  if (underLoad.length > 0) await warmUp();
  for (const shape of underLoad) {
    say(shape.title);
    shapes.push({ ...shape, rows: await loaded(shape) });
  }
  const { rounds, seconds } = settings;
  const report = { machine: machine(), settings: { rounds, seconds, warmUp: settings.warmUp }, notes, floor, shapes };
  process.stdout.write(markdown(report));
  say(`\nwritten: ${write(report, settings.results)}`);
}

/** A server that does not answer is left out at once. */
async function leaveOutTheDead(notes) {
  for (const one of [...started]) {
    const { messages, failures } = await load(one.target, FIRST_SHAPE, 1);
    between();
    if (messages.length > 0) continue;
    notes.push(`not measured: ${one.name}: ${Object.keys(failures)[0] ?? 'no message went through'}`);
    started.splice(started.indexOf(one), 1);
    await one.server.stop();
  }
}

/** Code that is compiled late is compiled. */
async function warmUp() {
  say(`warming up, ${settings.warmUp} s each`);
  for (const { target } of started) {
    await load(target, FIRST_SHAPE, settings.warmUp);
    between();
  }
}

async function loaded(shape) {
  const rows = started.map(({ name }) => ({ name, runs: [] }));
  for (let round = 0; round < settings.rounds; round++) {
    for (const [i, { server, target }] of started.entries()) {
      const before = cpuMilliseconds(server.pids);
      const result = await load(target, shape, settings.seconds);
      const known = server.pids.length > 0;
      const cpu = known ? cpuMilliseconds(server.pids) - before : Number.NaN;
      const { resident, proportional } = known ? memory(server.pids) : { resident: 0, proportional: 0 };
      rows[i]?.runs.push({ ...result, cpu, resident, proportional });
      between();
    }
  }
  return rows;
}

async function idle(shape) {
  const rows = [];
  for (const { name, server, target } of started) {
    if (server.pids.length === 0) continue;
    // The first sessions make the heap grow for all that follow: what one costs is the difference between two numbers.
    const first = await holdSessions(target, shape, FIRST_IDLE);
    const before = memory(server.pids);
    const { held, failures, release } = await holdSessions(target, shape, settings.idle);
    const now = memory(server.pids);
    release();
    first.release();
    rows.push({
      name,
      held,
      resident: now.resident - before.resident,
      proportional: now.proportional - before.proportional,
      failures,
    });
  }
  return rows;
}

function between() {
  if (settings.between !== undefined)
    spawnSync('/bin/sh', ['-c', settings.between], { stdio: 'ignore', timeout: 60_000 });
}

/** Files that every server here can read: stunnel and others give up root before they look. */
async function certificate() {
  if (settings.cert !== undefined && settings.key !== undefined) return { cert: settings.cert, key: settings.key };
  const { issueCertificate } = await import('../packages/testkit/dist/index.js');
  const issued = await issueCertificate();
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  writeFileSync(files.cert, issued.cert);
  writeFileSync(files.key, issued.key, { mode: 0o600 });
  if (process.getuid?.() === 0) chownSync(files.key, 0, 0);
  return files;
}
