/** What reaches the queue: A-labels, local parts unquoted as bytes, nobody merged, order kept; never NUL or too long. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeQmailQueue } from '@postern/testkit';
import type { FakeQmailQueue } from '@postern/testkit';
import { openGate, quote } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

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

async function envelope(sender: string, recipients: readonly string[]) {
  const before = queue.queued().length;
  const client = await gate.login();
  expect((await client.command(`MAIL FROM:${sender}`)).code).toBe(250);
  for (const recipient of recipients) expect((await client.command(`RCPT TO:${recipient}`)).code).toBe(250);
  await client.command('DATA');
  client.raw('Subject: x\r\n\r\n.\r\n');
  expect((await client.reply()).code).toBe(250);
  client.destroy();
  const [run] = queue.queued().slice(before);
  return { sender: run?.sender, recipients: run?.recipients };
}

it('has domains as A-labels', async () => {
  expect(await envelope('<alice@example.com>', ['<bob@bücher.example>', '<bob@xn--bcher-kva.example>'])).toEqual({
    sender: 'alice@example.com',
    recipients: ['bob@xn--bcher-kva.example', 'bob@xn--bcher-kva.example'],
  });
});

it('has local parts without quotes and backslashes', async () => {
  expect(
    await envelope('<"alice smith"@example.com>', [
      '<"a\\"b\\\\c"@example.net>',
      '<"a@b"@example.net>',
      '<a\\@b@example.net>',
    ]),
  ).toEqual({
    sender: 'alice smith@example.com',
    recipients: ['a"b\\c@example.net', 'a@b@example.net', 'a@b@example.net'],
  });
});

it('keeps order and duplicates', async () => {
  const order = ['z@example.net', 'a@example.net', 'z@example.net', 'Z@example.net'];
  expect(
    (
      await envelope(
        '<>',
        order.map((one) => `<${one}>`),
      )
    ).recipients,
  ).toEqual(order);
  expect((await envelope('<>', ['<a@example.net>'])).sender).toBe('');
});

it('starts nothing for an address that does not fit', async () => {
  const before = queue.runs().length;
  const client = await gate.login();
  await client.command('MAIL FROM:<alice@example.com>');
  for (const recipient of [`${'a'.repeat(1000)}@example.net`, `${'a'.repeat(990)}@example.net`]) {
    expect((await client.command(`RCPT TO:<${recipient}>`)).code).toBe(553);
  }
  client.raw('RCPT TO:<a\0b@example.net>\r\n');
  expect((await client.reply()).code).toBeGreaterThanOrEqual(500);
  client.destroy();
  expect(queue.runs()).toHaveLength(before);
});
