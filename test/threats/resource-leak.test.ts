/** After hundreds of sessions of every kind there are as many descriptors as before, and no dead children. */
import { afterAll, beforeAll, it } from 'vitest';
import { abortMidData, connectAndReset, fakeCheckpassword, fakeQmailQueue, waitFor } from '@postern/testkit';
import type { FakeCheckpassword, FakeQmailQueue, QueueBehaviour } from '@postern/testkit';
import { openGate, pass, quote, quoteList, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { children, descriptors } from '../support/proc.js';

let program: FakeCheckpassword;
let queue: FakeQmailQueue;
let gate: Gate;
beforeAll(async () => {
  program = fakeCheckpassword({ users: { [user]: pass } });
  queue = fakeQmailQueue();
  gate = await openGate({
    verifier: `use = "checkpassword"\nprogram = ${quoteList([program.path, 'true'])}`,
    queue: `use = "qmail-queue"\nprogram = ${quote(queue.path)}`,
  });
});
afterAll(async () => {
  await gate.close();
  queue.remove();
  program.remove();
});

const MESSAGE = `Subject: x\n\n${'some text\n'.repeat(5000)}`;

async function deliver(behaviour: QueueBehaviour): Promise<void> {
  queue.behave(behaviour);
  const client = await gate.login('implicit');
  await client.deliver(user, ['bob@example.net'], MESSAGE);
  client.destroy();
}

async function round(): Promise<void> {
  await deliver({});
  await deliver({ exit: 31 });
  await deliver({ signal: 'KILL' });
  await deliver({ read: 'none', exit: 53 });
  await deliver({ read: 'some', exit: 53 });
  await deliver({ exit: 82, error: { fd: 4, text: 'Dno' } });
  queue.behave({});
  const client = await gate.login('starttls');
  await abortMidData(client, { sender: user, recipient: 'bob@example.net', part: MESSAGE, how: 'reset' });
  program.behave({ exit: 111 });
  await gate.login('implicit').catch(() => undefined);
  program.behave({ users: { [user]: pass } });
  await connectAndReset(gate.target('starttls'), 'EHLO x\r\n');
}

it('nothing is left behind', async () => {
  await round();
  const idle = (): boolean => children(gate.daemon.pid).length === 0;
  await waitFor('the end of the programs', idle);
  const before = descriptors(gate.daemon.pid);
  for (let i = 0; i < 25; i++) await round();
  await waitFor('the end of the programs', idle);
  // A socket that is closing may take a moment.
  await waitFor(`${before} descriptors again`, () => descriptors(gate.daemon.pid) <= before);
}, 120_000);
