/** A verifier that hangs holds up nobody but the one who asked, not even the shutdown; and it is not left running. */
import { describe, expect, it } from 'vitest';
import { connectSmtp, fakeCheckpassword, waitFor } from '@postern/testkit';
import type { SmtpClient } from '@postern/testkit';
import { openGate, pass, quoteList, user } from '../support/gate.js';
import type { Gate, GateOptions } from '../support/gate.js';
import { children, isRunning } from '../support/proc.js';

const plain = Buffer.from(`\0${user}\0${pass}`).toString('base64');

async function hanging(lines = '', options: GateOptions = {}) {
  const program = fakeCheckpassword({ users: { [user]: pass } });
  const gate = await openGate({
    verifier: `use = "checkpassword"\nprogram = ${quoteList([program.path, 'true'])}\n${lines}`,
    ...options,
  });
  program.behave({ hang: 'yes' });
  return { gate, program };
}

async function connected(gate: Gate): Promise<SmtpClient> {
  const client = await connectSmtp(gate.target('implicit'));
  await client.reply();
  await client.ehlo();
  return client;
}

const started = (gate: Gate, count: number) =>
  waitFor(`${count} programs`, () => children(gate.daemon.pid).length >= count || undefined);
const gone = (gate: Gate) => waitFor('the end of the programs', () => children(gate.daemon.pid).length === 0);

describe('a verifier that hangs', () => {
  it('does not hold up the next client', async () => {
    const { gate, program } = await hanging();
    const stuck = await connected(gate);
    stuck.send(`AUTH PLAIN ${plain}`);
    await started(gate, 1);
    program.behave({ users: { [user]: pass } });
    const client = await connected(gate);
    expect((await client.login(user, pass)).code).toBe(235);
    client.destroy();
    stuck.destroy();
    await gate.close();
    program.remove();
  });

  it('is ended when its client breaks off', async () => {
    const { gate, program } = await hanging();
    // FIN alone says nothing: the client may have closed its sending side and be waiting for the answer.
    const client = await connected(gate);
    client.send(`AUTH PLAIN ${plain}`);
    await started(gate, 1);
    client.reset();
    await gone(gate);
    await gate.close();
    program.remove();
  });

  it('is ended after its time, with 454', async () => {
    const { gate, program } = await hanging('deadline = "500ms"');
    const client = await connected(gate);
    expect((await client.login(user, pass)).code).toBe(454);
    await gone(gate);
    client.destroy();
    await gate.close();
    program.remove();
  });

  it('fills its places and no more: the rest is told 454, and all is well again afterwards', async () => {
    const { gate, program } = await hanging('deadline = "2s"\nconcurrency = 2\nwaiting = 3');
    const before = program.runs().length;
    const clients = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => connected(gate)));
    const replies = await Promise.all(clients.map((client) => client.login(user, pass)));
    expect(replies.map((reply) => reply.code)).toEqual(clients.map(() => 454));
    // Two at a time, three waiting in turn; three were told at once.
    expect(program.runs().length - before).toBeLessThanOrEqual(5);
    program.behave({ users: { [user]: pass } });
    const again = await Promise.all(clients.slice(0, 2).map((client) => client.login(user, pass)));
    expect(again.map((reply) => reply.code)).toEqual([235, 235]);
    for (const client of clients) client.destroy();
    await gate.close();
    program.remove();
  });

  it('does not hold up the shutdown', async () => {
    const { gate, program } = await hanging('', { timeouts: { shutdown: '1s' } });
    const client = await connected(gate);
    client.send(`AUTH PLAIN ${plain}`);
    await started(gate, 1);
    const running = children(gate.daemon.pid);
    gate.daemon.signal('SIGTERM');
    expect(await gate.daemon.ended).toMatchObject({ code: 0 });
    // Nobody is left to look after them: they must be gone with the daemon.
    await waitFor('the end of the programs', () => running.every(({ pid }) => !isRunning(pid)));
    client.destroy();
    await gate.close();
    program.remove();
  });
});
