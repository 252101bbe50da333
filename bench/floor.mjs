/**
 * The floor: the same child programs, started by a bare loop in a small process with nothing else in it: no network, no
 * TLS, no SMTP. The loop is @postern/child's posix_spawn with inputs that are in the pipes before the program is. What a
 * server does beyond this is its own cost. Run as a program of its own: `node floor.mjs JSON`.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from './smtp-session.mjs';

/**
 * @param {ReturnType<typeof import('./programs.mjs').findPrograms>} programs
 * @param {{ login: string, password: string, seconds: number }} settings
 */
export async function measureFloor({ checkpassword, qmailQueue }, { login, password, seconds }) {
  const cases = [
    ...(checkpassword === undefined ? [] : [{ name: 'checkpassword', programs: ['checkpassword'] }]),
    ...(qmailQueue === undefined ? [] : [{ name: 'qmail-queue', programs: ['qmail-queue'] }]),
    ...(checkpassword === undefined || qmailQueue === undefined
      ? []
      : [{ name: 'both, one after the other', programs: ['checkpassword', 'qmail-queue'] }]),
  ];
  const rows = [];
  for (const { name, programs } of cases) {
    for (const atOnce of [1, 8]) {
      const order = { programs, atOnce, seconds, login, password, checkpassword, qmailQueue };
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [fileURLToPath(import.meta.url), JSON.stringify(order)],
        {
          timeout: seconds * 1000 + 60_000,
        },
      );
      rows.push({ name, atOnce, ...JSON.parse(stdout) });
    }
  }
  return rows;
}

async function main(order) {
  const { run } = await import('@postern/child');
  const message = Buffer.from(messageOf(1024).subarray(0, -3).toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  const input = (bytes) => ({ kind: 'input', bytes: Buffer.from(bytes) });
  const specs = {
    checkpassword: order.checkpassword && {
      argv: order.checkpassword.argv,
      env: { PATH: '/usr/bin:/bin', ...order.checkpassword.env },
      fds: { 3: input(`${order.login}\0${order.password}\0Y1\0`) },
    },
    'qmail-queue': order.qmailQueue && {
      argv: [order.qmailQueue],
      fds: { 0: input(message), 1: input('Falice@example.test\0Tbob@example.test\0\0') },
    },
  };
  const chosen = order.programs.map((name) => specs[name]);
  const before = cpu();
  const start = performance.now();
  const end = start + order.seconds * 1000;
  let runs = 0;
  let failed = 0;
  await Promise.all(
    Array.from({ length: order.atOnce }, async () => {
      while (performance.now() < end) {
        for (const spec of chosen) {
          const { exit } = await run(spec);
          if (exit.how !== 'exited' || exit.code !== 0) failed++;
        }
        runs++;
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(JSON.stringify({ perSecond: runs / seconds, cpu: (cpu() - before) / runs, failed }));
}

/** Milliseconds, ours and those of the children that were waited for. */
function cpu() {
  const fields = readStat().split(' ');
  return [14, 15, 16, 17].reduce((sum, n) => sum + Number(fields[n - 3]) * 10, 0);
}

const readStat = () => {
  const text = readFileSync('/proc/self/stat', 'latin1');
  return text.slice(text.lastIndexOf(')') + 2);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(process.argv[2] ?? '{}'));
