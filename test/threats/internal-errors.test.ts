/** What goes wrong inside is for the log: the client is told 451 4.3.0 and the session id, and no path, name or stack. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openGate, user } from '../support/gate.js';

it('a queue that cannot write tells the client nothing of it', async () => {
  const gate = await openGate();
  const client = await gate.login();
  expect((await client.deliver(user, ['bob@example.net'], 'Subject: x\n\nx\n')).code).toBe(250);
  // A file where the directory was: nobody, root neither, can write a message now.
  rmSync(gate.dir.file('Maildir'), { recursive: true });
  writeFileSync(gate.dir.file('Maildir'), '');
  chmodSync(gate.dir.file('Maildir'), 0o600);
  const reply = await client.deliver(user, ['bob@example.net'], 'Subject: x\n\nx\n');
  expect(`${reply.code} ${reply.status}`).toBe('451 4.3.0');
  expect(reply.lines.join('\n')).not.toMatch(/Maildir|ENOTDIR|EEXIST|ENOENT|\/|Error|at /);
  const line = await gate.daemon.logged((one) => one.event === 'message' && one['outcome'] === 'deferred');
  expect(String(line['cause'])).toMatch(/ENOTDIR|EEXIST|ENOENT/);
  await gate.close();
});
