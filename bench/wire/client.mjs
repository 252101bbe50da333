/** The load: so many sessions of so many messages over so many connections. Prints what it took as one line of JSON. */
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

let left = sessions;
const times = [];

async function session() {
  const began = performance.now();
  const client = await SessionClient.open(port);
  await client.login();
  for (let i = 0; i < messages; i++) {
    if (lockstep) for (const command of COMMANDS) await client.ask(command);
    else await client.ask(COMMANDS.join(''), COMMANDS.length);
    await client.ask(BODY);
  }
  await client.ask('QUIT\r\n');
  client.close();
  times.push(performance.now() - began);
}

const began = performance.now();
await Promise.all(
  Array.from({ length: connections }, async () => {
    while (left-- > 0) await session();
  }),
);
const seconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ seconds, p50: percentile(times, 0.5), p99: percentile(times, 0.99) }));
process.exit(0);
