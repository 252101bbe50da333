/** SIGTERM: idle sessions are told 421 4.3.2, messages in flight are finished, exit 0; nothing is lost or doubled. */
import { describe, expect, it } from 'vitest';
import { connectSmtp, fakeQmailQueue, pause, waitFor } from '@postern/testkit';
import { openGate, quote, user } from '../support/gate.js';

describe('SIGTERM', () => {
  it('ends idle sessions and stops accepting', async () => {
    const gate = await openGate();
    const idle = await connectSmtp(gate.target('starttls'));
    await idle.reply();
    const logged = await gate.login('implicit');
    gate.daemon.signal('SIGTERM');
    for (const client of [idle, logged]) {
      expect((await client.reply()).lines).toEqual([expect.stringMatching(/^421 4\.3\.2 /)]);
      await client.closed();
      client.destroy();
    }
    expect(await gate.daemon.ended).toMatchObject({ code: 0, signal: null });
    await expect(connectSmtp(gate.target('starttls'))).rejects.toThrow('ECONNREFUSED');
    await gate.close();
  });

  it('lets a message in flight finish: 250, and one copy', async () => {
    const queue = fakeQmailQueue({ pause: 1 });
    const gate = await openGate({ queue: `use = "qmail-queue"\nprogram = ${quote(queue.path)}` });
    const client = await gate.login();
    const delivery = client.deliver(user, ['bob@example.net'], 'Subject: in flight\n\nx\n');
    await waitFor('the queue program', () => queue.runs().length === 1);
    gate.daemon.signal('SIGTERM');
    expect((await delivery).code).toBe(250);
    expect((await client.reply()).code).toBe(421);
    expect(await gate.daemon.ended).toMatchObject({ code: 0 });
    expect(queue.queued()).toHaveLength(1);
    client.destroy();
    await gate.close();
    queue.remove();
  });

  it('lets an upload in flight finish', async () => {
    const gate = await openGate();
    const client = await gate.login();
    for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
    client.raw('Subject: x\r\n\r\nfirst\r\n');
    await pause(100);
    gate.daemon.signal('SIGTERM');
    await pause(200);
    client.raw('second\r\n.\r\n');
    expect((await client.reply()).code).toBe(250);
    await gate.daemon.ended;
    expect(gate.messages().map((message) => message.body)).toEqual(['first\nsecond\n']);
    client.destroy();
    await gate.close();
  });

  it('under load loses and doubles nothing', async () => {
    const queue = fakeQmailQueue();
    const gate = await openGate({ queue: `use = "qmail-queue"\nprogram = ${quote(queue.path)}` });
    const accepted: string[] = [];
    const senders = Array.from({ length: 8 }, async (_unused, sender) => {
      const client = await gate.login();
      for (let i = 0; ; i++) {
        const subject = `load ${sender} ${i}`;
        const reply = await client
          .deliver(user, ['bob@example.net'], `Subject: ${subject}\n\nx\n`)
          .catch(() => undefined);
        if (reply?.code !== 250) break;
        accepted.push(subject);
      }
      client.destroy();
    });
    await waitFor('the load', () => accepted.length > 50);
    gate.daemon.signal('SIGTERM');
    await Promise.all(senders);
    expect(await gate.daemon.ended).toMatchObject({ code: 0 });
    const stored = queue.queued().map((run) => /^Subject: (.*)$/m.exec(run.message.toString())?.[1]);
    expect(stored.sort()).toEqual(accepted.sort());
    await gate.close();
    queue.remove();
  });
});
