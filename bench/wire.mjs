/**
 * Our engine beside plain smtp-server: the same client, the same machine, nothing behind either (a null queue, a fixed
 * user, no child process). Runs are interleaved A B A B, and what is shown are medians.
 *
 *     node bench/wire.mjs [--rounds=5] [--scale=1] [--only=sessions,messages,data,idle] [--json=FILE] [--core=MODULE]
 *
 * `--core` is imported in place of @postern/core: to compare two builds.
 */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { startServer } from './wire/children.mjs';
import { measureIdle } from './wire/idle.mjs';
import { measureLoad } from './wire/load.mjs';
import { measureScan } from './wire/scan.mjs';
import { median, readOptions, table } from './wire/report.mjs';

const options = readOptions(process.argv.slice(2), {
  rounds: 5,
  scale: 1,
  only: 'sessions,messages,data,idle',
  json: '',
  core: '@postern/core',
});
const wanted = new Set(options.only.split(','));

/** Connections, messages a session, and sessions a round: enough for a second or two of the slower one. */
const SHAPES = [
  { part: 'sessions', name: '1 connection, 1 message', connections: 1, messages: 1, sessions: 15 },
  { part: 'sessions', name: '8 connections, 1 message', connections: 8, messages: 1, sessions: 240 },
  { part: 'sessions', name: '32 connections, 1 message', connections: 32, messages: 1, sessions: 640 },
  { part: 'messages', name: '1 connection, 50 messages', connections: 1, messages: 50, sessions: 12 },
  { part: 'messages', name: '8 connections, 50 messages', connections: 8, messages: 50, sessions: 96 },
  { part: 'messages', name: '32 connections, 50 messages', connections: 32, messages: 50, sessions: 128 },
  {
    part: 'messages',
    name: '8 connections, 50 messages, no pipelining',
    connections: 8,
    messages: 50,
    sessions: 64,
    lockstep: true,
  },
];

const results = { machine: describeMachine(), load: [], data: [], idle: [] };
console.log(`# wire\n\n${results.machine}\n`);

const shapes = SHAPES.filter((shape) => wanted.has(shape.part));
if (shapes.length > 0) await compareLoad(shapes);
if (wanted.has('data')) {
  results.data = await measureScan(options.core);
  const rows = results.data.map(({ kind, megabytes }) => [kind, megabytes.toFixed(0)]);
  console.log(`## DATA scanning (one pass: end, dots, line ends)\n\n${table(['lines', 'MB/s'], rows)}\n`);
}
if (wanted.has('idle')) {
  results.idle = await measureIdle(options);
  const rows = results.idle.map((row) => [row.server, row.sessions, row.perSession.toFixed(1), row.floor ?? '']);
  console.log(`## Idle sessions, TLS\n\n${table(['server', 'sessions', 'KB resident each', ''], rows)}\n`);
}
if (options.json !== '') writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);

async function compareLoad(list) {
  const servers = [];
  try {
    for (const name of ['smtp-server', 'wire']) servers.push(await startServer(name, options.core));
    const rows = [];
    for (const shape of list) {
      const runs = new Map(servers.map((server) => [server.name, []]));
      const sized = { ...shape, sessions: Math.max(shape.connections, Math.round(shape.sessions * options.scale)) };
      for (let round = 0; round < options.rounds; round++) {
        for (const server of servers) runs.get(server.name).push(await measureLoad(server, sized));
      }
      const per = (name, key) => median(runs.get(name).map((run) => run[key]));
      const row = { shape: shape.name };
      for (const { name } of servers) {
        row[name] = Object.fromEntries(['perSecond', 'p50', 'p99', 'cpu'].map((key) => [key, per(name, key)]));
      }
      row.ratio = row.wire.perSecond / row['smtp-server'].perSecond;
      results.load.push(row);
      const unit = shape.messages === 1 ? 'sessions/s' : 'messages/s';
      rows.push([
        shape.name,
        unit,
        row['smtp-server'].perSecond.toFixed(1),
        row.wire.perSecond.toFixed(1),
        `${row.ratio.toFixed(2)}x`,
        `${row['smtp-server'].p50.toFixed(1)} / ${row.wire.p50.toFixed(1)}`,
        `${row['smtp-server'].p99.toFixed(1)} / ${row.wire.p99.toFixed(1)}`,
        `${row['smtp-server'].cpu.toFixed(2)} / ${row.wire.cpu.toFixed(2)}`,
      ]);
      process.stderr.write(`${rows.at(-1).join('  ')}\n`);
    }
    const head = [
      'shape',
      'unit',
      'smtp-server',
      'wire',
      'ratio',
      'session ms p50',
      'session ms p99',
      'server CPU ms each',
    ];
    console.log(
      `## Load, TLS from the start, AUTH PLAIN, 1 KB messages (medians of ${options.rounds})\n\n${table(head, rows)}\n`,
    );
  } finally {
    for (const server of servers) server.stop();
  }
}

function describeMachine() {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, ${memory} GiB, Node ${process.versions.node}, ${process.platform}`;
}
