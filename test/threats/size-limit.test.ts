/** Over the limit nothing is queued, and no more than twice the limit is read. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeQmailQueue } from '@postern/testkit';
import type { FakeQmailQueue } from '@postern/testkit';
import { openGate, quote, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

const LIMIT = 1_000_000;
let queue: FakeQmailQueue;
let gate: Gate;
beforeAll(async () => {
  queue = fakeQmailQueue();
  gate = await openGate({
    queue: `use = "qmail-queue"\nprogram = ${quote(queue.path)}`,
    limits: { 'message-size': LIMIT },
  });
});
afterAll(async () => {
  await gate.close();
  queue.remove();
});

it('refuses one octet too many at the end of the data, and goes on', async () => {
  const client = await gate.login();
  const reply = await client.deliver(
    user,
    ['bob@example.net'],
    `Subject: x\n\n${'x'.repeat(70).concat('\n').repeat(15_000)}`,
  );
  expect(`${reply.code} ${reply.status}`).toBe('552 5.3.4');
  expect(queue.queued()).toEqual([]);
  expect((await client.deliver(user, ['bob@example.net'], 'Subject: small\n\nx\n')).code).toBe(250);
  expect(queue.queued()).toHaveLength(1);
  client.destroy();
});

it('does not read for ever', async () => {
  const client = await gate.login();
  for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
  const chunk = 'x'.repeat(998).concat('\r\n').repeat(100);
  let sent = 0;
  // Far more than socket buffers hold.
  while (!client.ended && sent < 100 * LIMIT) {
    await new Promise<void>((resolve) => {
      client.stream.write(chunk, () => resolve());
      client.stream.once('close', resolve);
    });
    sent += chunk.length;
  }
  expect(client.ended).toBe(true);
  expect(sent).toBeLessThan(50 * LIMIT);
  client.destroy();
});
