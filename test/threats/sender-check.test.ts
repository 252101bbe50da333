/** A user whose addresses are known sends as those and no other: envelope, every From, every Sender; <> is no way round. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGate, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

let gate: Gate;
beforeAll(async () => {
  gate = await openGate({ tables: '[senders]\npolicy = "own"' });
});
afterAll(() => gate.close());

const message = (...fields: string[]): string => `${fields.join('\n')}\nSubject: x\n\nbody\n`;

describe('forged senders', () => {
  it.each([
    ['another envelope sender', 'bob@example.com', message(`From: ${user}`)],
    ['a null sender with another From', '', message('From: bob@example.com')],
    ['another From', user, message('From: Bob <bob@example.com>')],
    ['a second From field', user, message(`From: ${user}`, 'From: bob@example.com')],
    ['a second mailbox in From', user, message(`From: ${user}, bob@example.com`)],
    ['another Sender', user, message(`From: ${user}`, 'Sender: bob@example.com')],
    [
      'an encoded word before another address',
      user,
      message('From: =?utf-8?q?alice=40example=2Ecom?= <bob@example.com>'),
    ],
    ['a folded From', user, message('From:\n bob@example.com')],
    ['a group', user, message('From: friends: bob@example.com;')],
  ])('%s is refused, and nothing is queued', async (_name, sender, text) => {
    const before = gate.messages().length;
    const client = await gate.login();
    const reply = await client.deliver(sender, ['bob@example.net'], text);
    expect(`${reply.code} ${reply.status}`).toBe('553 5.7.1');
    expect(gate.messages()).toHaveLength(before);
    client.destroy();
  });

  it.each([
    ['their own address', user, message(`From: Alice <${user}>`)],
    ['their own address in another case', 'alice@EXAMPLE.com', message('From: alice@Example.COM')],
    ['the null sender with their own From', '', message(`From: ${user}`)],
  ])('%s is taken', async (_name, sender, text) => {
    const client = await gate.login();
    expect((await client.deliver(sender, ['bob@example.net'], text)).code).toBe(250);
    client.destroy();
  });
});
