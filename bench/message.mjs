// How fast messages are prepared: octets in, octets out, no network and no queue. Needs a build (npm run build).
//
//   node bench/message.mjs            prints a table
//   node bench/message.mjs --json     prints the figures
import { parseArgs } from 'node:util';
import { LineEndings, messageOptions, prepareMessage, rewriteFrom } from '../packages/core/dist/index.js';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const completion = rewriteFrom({ me: 'mail.example.com', defaulthost: 'example.com' });
const facts = {
  id: 'bench',
  hostname: 'mail.example.com',
  helo: 'client.example',
  peer: { address: '192.0.2.1', port: 40000 },
  tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: '' },
  extended: true,
  authenticated: true,
  sender: { localPart: 'alice', domain: 'example.com' },
  recipients: [{ localPart: 'bob', domain: 'example.net' }],
  time: new Date('2026-11-21T10:00:00Z'),
};

const COMPLETE =
  'Date: Sat, 21 Nov 2026 10:00:00 +0100\nMessage-ID: <1@client.example>\nFrom: Alice Liddell <alice@example.com>\n' +
  'To: Bob <bob@example.net>, Carol <carol@example.net>\nSubject: a message of ordinary size\nMIME-Version: 1.0\n' +
  'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\nUser-Agent: Example 1.0\n';
const UNFINISHED = 'From: alice\nTo: bob, "Jim" jim@cs+\nSubject: an unfinished message\n';

const CHUNK = 64 * 1024;

function chunksOf(octets) {
  const chunks = [];
  for (let at = 0; at < octets.length; at += CHUNK) chunks.push(octets.subarray(at, at + CHUNK));
  return chunks;
}

function run(chunks, options) {
  const preparation = prepareMessage(facts, options);
  let length = 0;
  for (const chunk of chunks) for (const piece of preparation.push(chunk)) length += piece.length;
  for (const piece of preparation.end()) length += piece.length;
  return length;
}

/**
 * Milliseconds of processor time for one call: the best of `rounds`, each of `calls` calls. Nothing here waits for anything,
 * so what else the machine does should not count.
 */
function best(rounds, calls, work) {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    for (let call = 0; call < calls; call++) work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000 / calls);
  }
  return least;
}

const line = `${'x'.repeat(75)}\n`;
const big = chunksOf(Buffer.from(`${COMPLETE}\n${line.repeat(Math.ceil(25e6 / line.length))}`));
const bigOctets = big.reduce((sum, chunk) => sum + chunk.length, 0);
const crlf = chunksOf(Buffer.from(`${line.slice(0, -1)}\r\n`.repeat(Math.ceil(25e6 / 77))));
const small = (header) => [
  Buffer.from(`${header}\n${line.repeat(Math.max(0, Math.round((1024 - header.length) / line.length)))}`),
];
const list = (count, address) => [
  Buffer.from(
    `From: alice@example.com\nTo: ${Array.from({ length: count }, (_, i) => address(i)).join(', ')}\n\nbody\n`,
  ),
];
const bare = (i) => `recipient.number.${String(i).padStart(6, '0')}`;

const postern = messageOptions({}, completion);
const ofmipd = messageOptions({ compat: 'ofmipd' }, completion);
const rows = [];
const add = (name, value, unit) => rows.push({ name, value, unit });

for (const [name, options] of [
  ['postern', postern],
  ['ofmipd', ofmipd],
]) {
  const perMessage = (chunks) => best(21, 2000, () => run(chunks, options)) * 1000;
  add(`25 MB message, ${name}`, bigOctets / 1e3 / best(11, 1000, () => run(big, options)), 'MB/s');
  add(`1 KB message, complete header, ${name}`, perMessage(small(COMPLETE)), 'us');
  add(`1 KB message, unfinished header, ${name}`, perMessage(small(UNFINISHED)), 'us');
  for (const count of [2500, 5000, 10_000, 20_000]) {
    const chunks = list(count, bare);
    add(
      `To with ${count} bare addresses, ${name}`,
      best(11, 3, () => run(chunks, options)),
      'ms',
    );
  }
  const complete = list(10_000, (i) => `r${i}@host.example.net`);
  add(
    `To with 10000 complete addresses, ${name}`,
    best(11, 3, () => run(complete, options)),
    'ms',
  );
}
add(
  'CRLF to LF, lines of 75',
  crlf.reduce((sum, chunk) => sum + chunk.length, 0) /
    1e3 /
    best(11, 2, () => {
      const endings = new LineEndings('reject');
      for (const chunk of crlf) endings.push(chunk);
    }),
  'MB/s',
);

if (values.json) console.log(JSON.stringify(rows));
else
  for (const { name, value, unit } of rows)
    console.log(`${name.padEnd(46)} ${value.toFixed(value < 100 ? 1 : 0).padStart(9)} ${unit}`);
