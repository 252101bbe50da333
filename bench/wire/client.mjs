/** The load: so many sessions of so many messages over so many connections. Tells its parent when it is warm, and what it took. */
import { percentile } from './report.mjs';
import { SessionClient } from './session-client.mjs';

const { port, connections, sessions, messages, lockstep = false, octets = 1024 } = JSON.parse(process.argv[2]);

const COMMANDS = ['MAIL FROM:<alice@example.com>\r\n', 'RCPT TO:<bob@example.net>\r\n', 'DATA\r\n'];
const HEADER = [
  'From: Alice <alice@example.com>',
  'To: Bob <bob@example.net>',
  'Subject: benchmark',
  'Date: Sat, 21 Nov 2026 10:00:00 +0000',
  'Message-ID: <1@bench.example>',
  '',
  '',
].join('\r\n');
const LINE = `${'The quick brown fox jumps over the lazy dog'.padEnd(70, '.')}\r\n`;
const BODY = `${HEADER}${LINE.repeat(Math.max(1, Math.ceil((octets - HEADER.length) / LINE.length)))}.\r\n`;

let times = [];

async function session(count) {
  const began = performance.now();
  const client = await SessionClient.open(port);
  await client.login();
  for (let i = 0; i < count; i++) {
    if (lockstep) for (const command of COMMANDS) await client.ask(command);
    else await client.ask(COMMANDS.join(''), COMMANDS.length);
    await client.ask(BODY);
  }
  await client.ask('QUIT\r\n');
  client.close();
  times.push(performance.now() - began);
}

/** @returns seconds */
async function run(parallel, total, count) {
  const began = performance.now();
  let left = total;
  times = [];
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) await session(count);
    }),
  );
  return (performance.now() - began) / 1000;
}

// A client whose code is not compiled yet measures itself.
await run(32, 256, 2);
process.send({ ready: true });
process.once('message', async () => {
  const seconds = await run(connections, sessions, messages);
  process.send({ seconds, p50: percentile(times, 0.5), p99: percentile(times, 0.99) });
  process.disconnect();
});
