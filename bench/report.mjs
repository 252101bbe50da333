/** Figures as Markdown and JSON. Knows nothing of how they were measured. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { median, percentile } from './statistics.mjs';

/**
 * @typedef {object} Run one run of one server in one shape
 * @property {number[]} sessions milliseconds each
 * @property {number[]} messages milliseconds each
 * @property {number} milliseconds
 * @property {number} cpu milliseconds of the server and its children; NaN where unknown
 * @property {number} clientCpu milliseconds
 * @property {number} resident octets
 * @property {number} proportional octets
 * @property {Record<string, number>} failures
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {Run[]} runs
 */

const perSecond = (count) => (run) => run[count].length / (run.milliseconds / 1000);

/** @param {Row} row */
export function summarise({ name, runs }) {
  const sessions = runs.flatMap((run) => run.sessions);
  const messages = runs.flatMap((run) => run.messages);
  const total = (key) => runs.reduce((sum, run) => sum + run[key], 0);
  const failures = {};
  for (const run of runs)
    for (const [what, n] of Object.entries(run.failures)) failures[what] = (failures[what] ?? 0) + n;
  return {
    name,
    sessionsPerSecond: median(runs.map(perSecond('sessions'))),
    messagesPerSecond: median(runs.map(perSecond('messages'))),
    eachRun: runs.map(perSecond('messages')),
    sessionP50: percentile(sessions, 0.5),
    sessionP99: percentile(sessions, 0.99),
    messageP50: percentile(messages, 0.5),
    messageP99: percentile(messages, 0.99),
    cpuPerMessage: total('cpu') / messages.length,
    clientCpuPerMessage: total('clientCpu') / messages.length,
    resident: median(runs.map((run) => run.resident)),
    proportional: median(runs.map((run) => run.proportional)),
    failures,
  };
}

const round = (value, digits = 0) => (Number.isFinite(value) ? value.toFixed(digits) : '-');
const megabytes = (octets) => (octets > 0 ? round(octets / 1e6) : '-');

/** A table. @param {string[]} head @param {string[][]} rows */
const table = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function loadTable(rows) {
  const summaries = rows.map(summarise);
  const first = summaries[0]?.messagesPerSecond ?? Number.NaN;
  return table(
    [
      'server',
      'sessions/s',
      'messages/s',
      'ratio',
      'session p50 ms',
      'p99 ms',
      'message p50 ms',
      'p99 ms',
      'CPU ms/message',
      'client CPU ms/message',
      'memory MB',
      'failures',
    ],
    summaries.map((row) => [
      row.name,
      round(row.sessionsPerSecond, 1),
      round(row.messagesPerSecond, 1),
      round(row.messagesPerSecond / first, 2),
      round(row.sessionP50, 1),
      round(row.sessionP99, 1),
      round(row.messageP50, 1),
      round(row.messageP99, 1),
      round(row.cpuPerMessage, 2),
      round(row.clientCpuPerMessage, 2),
      megabytes(row.proportional),
      Object.entries(row.failures)
        .map(([what, n]) => `${n} x ${what}`)
        .join('; ') || '0',
    ]),
  );
}

const idleTable = (rows) =>
  table(
    ['server', 'sessions', 'KB resident each', 'KB proportional each', 'failures'],
    rows.map(({ name, held, resident, proportional, failures }) => [
      name,
      String(held),
      round(resident / held / 1000, 1),
      round(proportional / held / 1000, 1),
      Object.entries(failures)
        .map(([what, n]) => `${n} x ${what}`)
        .join('; ') || '0',
    ]),
  );

/** @param {{ machine: object, settings: object, notes: string[], floor: object[], shapes: object[] }} report */
export function markdown(report) {
  const { machine, settings, notes, floor, shapes } = report;
  const parts = [
    '# Benchmark',
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory}; ${machine.system}; Node ${machine.node}, OpenSSL ${machine.openssl}.`,
    '',
    `Implicit TLS 1.3 without resumption, AUTH PLAIN, ${settings.warmUp} s to warm up, then ${settings.rounds} rounds of ${settings.seconds} s for each server in each shape, taken in turns. ` +
      'Rates are medians of the rounds, times are of all sessions together. The ratio is of messages a second to the first row. ' +
      'CPU is user and system time of the server with all its processes and children. ' +
      'Memory is proportional: shared pages are divided among their users. The client has processes of its own.',
    '',
    ...notes.flatMap((note) => [`- ${note}`]),
  ];
  if (floor.length > 0) {
    parts.push(
      '',
      '## The floor',
      '',
      'The same child programs in a bare loop by posix_spawn, without any network.',
      '',
    );
    parts.push(
      table(
        ['programs', 'at once', 'per second', 'CPU ms', 'failures'],
        floor.map((row) => [
          row.name,
          String(row.atOnce),
          round(row.perSecond, 1),
          round(row.cpu, 2),
          String(row.failed),
        ]),
      ),
    );
  }
  for (const { title, idle, rows } of shapes) {
    parts.push(
      '',
      `## ${title[0].toUpperCase()}${title.slice(1)}`,
      '',
      idle === true ? idleTable(rows) : loadTable(rows),
    );
  }
  return `${parts.join('\n')}\n`;
}

/** Writes both files below bench/results. @returns {string} the name of the Markdown file */
export function write(report, name) {
  const directory = new URL('results/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  const shapes = report.shapes.map((shape) => ({
    ...shape,
    rows: shape.idle === true ? shape.rows : shape.rows.map(summarise),
  }));
  writeFileSync(new URL(`${name}.json`, directory), `${JSON.stringify({ ...report, shapes }, undefined, 2)}\n`);
  writeFileSync(new URL(`${name}.md`, directory), markdown(report));
  return fileURLToPath(new URL(`${name}.md`, directory));
}
