/** A challenge has 128 random bits at least, is new for every AUTH, and an answer to another one is worth nothing. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectSmtp } from '@postern/testkit';
import type { SmtpClient } from '@postern/testkit';
import { openGate, pass, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

let gate: Gate;
beforeAll(async () => {
  gate = await openGate();
});
afterAll(() => gate.close());

async function connected(): Promise<SmtpClient> {
  const client = await connectSmtp(gate.target('implicit'));
  await client.reply();
  await client.ehlo();
  return client;
}

async function challenge(client: SmtpClient): Promise<string> {
  const reply = await client.command('AUTH CRAM-MD5');
  expect(reply.code).toBe(334);
  return Buffer.from(reply.text[0] ?? '', 'base64').toString();
}

const answer = (to: string): string =>
  Buffer.from(`${user} ${createHmac('md5', pass).update(to).digest('hex')}`).toString('base64');

it('is never the same, within a session and across sessions', async () => {
  const seen = new Set<string>();
  for (let i = 0; i < 10; i++) {
    const client = await connected();
    for (let j = 0; j < 10; j++) {
      const text = await challenge(client);
      expect(text).toMatch(/^<[^<>@\s]+@mail\.example\.com>$/);
      // Hexadecimal digits of 128 bits, or as much in another form.
      expect((/^<([0-9a-z]+)/i.exec(text)?.[1] ?? '').length).toBeGreaterThanOrEqual(22);
      seen.add(text);
      await client.command('*');
    }
    client.destroy();
  }
  expect(seen.size).toBe(100);
});

it('is worth one answer', async () => {
  const client = await connected();
  const first = await challenge(client);
  await client.command('*');
  const second = await challenge(client);
  expect((await client.command(answer(first))).code).toBe(535);
  await challenge(client);
  expect((await client.command(answer(second))).code).toBe(535);
  expect((await client.command(answer(await challenge(client)))).code).toBe(235);
  client.destroy();
});
