/** The data path: large messages, one octet at a time, and lines of dots arrive octet for octet. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeQmailQueue } from '@postern/testkit';
import type { FakeQmailQueue } from '@postern/testkit';
import { notOn } from '../support/engines.js';
import { openGate, quote, user } from '../support/gate.js';
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

const digest = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function roundTrip(body: string): Promise<Buffer> {
  const before = queue.queued().length;
  const client = await gate.login('implicit', 100_000);
  const reply = await client.deliver(user, ['bob@example.net'], `Subject: large\n\n${body}`);
  expect(reply.code).toBe(250);
  client.destroy();
  const message = queue.queued()[before]?.message ?? Buffer.alloc(0);
  return message.subarray(message.indexOf('\n\n') + 2);
}

describe('a message of', () => {
  it.each([
    ['20 MB of text', 'The quick brown fox jumps over the lazy dog, 72 characters a line. 12345\n'.repeat(280_000)],
    ['4 MB of lines of one dot', '.\n'.repeat(2_000_000)],
    ['4 MB of dots in long lines', `${'.'.repeat(996)}\n`.repeat(4_000)],
    ['4 MB of empty lines', '\n'.repeat(4_000_000)],
    ['one line of 100000 octets', `${'x'.repeat(100_000)}\n`],
  ])(
    '%s',
    async (_name, body) => {
      expect(digest(await roundTrip(body))).toBe(digest(body));
    },
    120_000,
  );

  it('every octet but NUL, CR and LF', async () => {
    const client = await gate.login();
    for (const line of [`MAIL FROM:<${user}> BODY=8BITMIME`, 'RCPT TO:<bob@example.net>', 'DATA'])
      await client.command(line);
    const octets = Buffer.from(
      Array.from({ length: 255 }, (_unused, i) => i + 1).filter((octet) => octet !== 10 && octet !== 13),
    );
    const before = queue.queued().length;
    client.raw(Buffer.concat([Buffer.from('Subject: octets\r\n\r\n'), octets, Buffer.from('\r\n.\r\n')]));
    expect((await client.reply()).code).toBe(250);
    expect(queue.queued()[before]?.message.includes(octets)).toBe(true);
    client.destroy();
  });

  it('lines with a dot that was not doubled: it is taken off all the same (RFC 5321 §4.5.2)', async (test) => {
    notOn(test, 'smtp-server', 'the package takes a dot off only where there are two');
    const before = queue.queued().length;
    const client = await gate.login();
    for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
    client.raw('Subject: dots\r\n\r\n.x\r\n..y\r\n. \r\n.\r\n');
    expect((await client.reply()).code).toBe(250);
    expect(queue.queued()[before]?.message.toString()).toMatch(/\n\nx\n\.y\n \n$/);
    client.destroy();
  });

  it('single octets', async () => {
    const before = queue.queued().length;
    const client = await gate.login();
    for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
    for (const octet of Buffer.from('Subject: slow\r\n\r\n..\r\n..x\r\nend\r\n.\r\n')) {
      client.raw(Buffer.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await client.reply()).code).toBe(250);
    expect(queue.queued()[before]?.message.toString()).toMatch(/\n\n\.\n\.x\nend\n$/);
    client.destroy();
  });
});
