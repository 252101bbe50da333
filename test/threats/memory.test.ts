/** Message bodies are streamed: a slow queue slows the client down, and neither it nor a deaf client fills the memory. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeQmailQueue, neverRead, pause } from '@postern/testkit';
import type { FakeQmailQueue } from '@postern/testkit';
import { openGate, quote, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { peakResident, resident } from '../support/proc.js';

const MB = 1_000_000;
let queue: FakeQmailQueue;
let gate: Gate;
beforeAll(async () => {
  queue = fakeQmailQueue();
  gate = await openGate({ queue: `use = "qmail-queue"\nprogram = ${quote(queue.path)}` });
});
afterAll(async () => {
  await gate.close();
  queue.remove();
});

it('a message of 150 MB to a queue that stops for a while is not held', async () => {
  queue.behave({ pause: 2 });
  const client = await gate.login('plain', 100_000);
  for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
  const before = peakResident(gate.daemon.pid);
  client.raw('Subject: large\r\n\r\n');
  const chunk = Buffer.from('0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n'.repeat(15_625));
  for (let i = 0; i < 150; i++) {
    await new Promise<void>((resolve) => {
      client.stream.write(chunk, () => resolve());
    });
  }
  client.raw('.\r\n');
  expect((await client.reply()).code).toBe(250);
  client.destroy();
  expect(queue.queued()[0]?.message.length).toBeGreaterThan(140 * MB);
  // Room for what a collector has not yet looked at; the message would be twice this and more.
  expect(peakResident(gate.daemon.pid) - before).toBeLessThan(70 * MB);
}, 120_000);

it('a client that asks and never listens is no longer read', async () => {
  const before = resident(gate.daemon.pid);
  const deaf = await neverRead(gate.target('plain'), 'NOOP\r\n'.repeat(10_000));
  let sent = -1;
  // Until it stands still: the buffers of both kernels are full.
  for (let still = 0, i = 0; still < 5 && i < 200; i++) {
    still = deaf.sent() === sent ? still + 1 : 0;
    sent = deaf.sent();
    await pause(100);
  }
  expect(sent).toBe(deaf.sent());
  expect(resident(gate.daemon.pid) - before).toBeLessThan(70 * MB);
  deaf.end();
  const client = await gate.login('implicit');
  expect((await client.command('NOOP')).code).toBe(250);
  client.destroy();
}, 60_000);
