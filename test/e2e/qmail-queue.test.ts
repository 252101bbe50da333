/**
 * The queue program as qmail-queue(8) has it: what it is given, and what each way of ending means to the client. The real
 * one cannot be made to do all of this, so it is a fake.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeQmailQueue } from '@postern/testkit';
import type { FakeQmailQueue, QueueBehaviour, SmtpClient, SmtpReply } from '@postern/testkit';
import { openGate, quote, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

let queue: FakeQmailQueue;
let gate: Gate;
beforeAll(async () => {
  queue = fakeQmailQueue();
  gate = await openGate({
    queue: `use = "qmail-queue"\nprogram = ${quote(queue.path)}\ndeadline = "5s"`,
    limits: { errors: 1000 },
  });
});
afterAll(async () => {
  await gate.close();
  queue.remove();
});

const MESSAGE = `From: ${user}\nSubject: to the queue\n\nbody\n`;

/** One message in a session of its own. */
async function send(behaviour: QueueBehaviour, message = MESSAGE): Promise<SmtpReply> {
  queue.behave(behaviour);
  const client = await gate.login();
  const reply = await client.deliver(user, ['bob@example.net'], message);
  client.destroy();
  return reply;
}

/** qmail-queue(8), notqmail and the patches: protocols §2. */
function expected(code: number): string {
  if (code === 0) return '250 2.0.0';
  if (code === 11 || code === 115) return '554 5.1.3';
  if (code >= 12 && code <= 40) return '554 5.3.0';
  if (code === 72 || code === 73) return '451 4.4.1';
  if (code === 74) return '451 4.4.2';
  return '451 4.3.0';
}

describe('what qmail-queue is given', () => {
  it('is the message with LF on fd 0 and the envelope as bytes on fd 1', async () => {
    queue.behave({});
    const before = queue.queued().length;
    const client = await gate.login('implicit');
    const reply = await client.deliver(
      'alice@EXAMPLE.com',
      ['bob@example.net', '"c d"@example.net', 'bob@example.net'],
      MESSAGE,
    );
    expect(reply.lines).toEqual([expect.stringMatching(/^250 2\.0\.0 ok \d{10} qp \d+$/)]);
    const [run] = queue.queued().slice(before);
    expect(run?.sender).toMatch(/^alice@example\.com$/i);
    expect(run?.recipients).toEqual(['bob@example.net', 'c d@example.net', 'bob@example.net']);
    expect(run?.message.includes('\r')).toBe(false);
    expect(run?.message.toString()).toMatch(/^Received: [^]*\nSubject: to the queue\n[^]*\n\nbody\n$/);
    expect(reply.lines[0]).toContain(`qp ${run?.pid}`);
    client.destroy();
  });

  it('can be opened again by a wrapper, so it is pipes or files and not sockets', async () => {
    const before = queue.queued().length;
    expect((await send({ reopen: true })).code).toBe(250);
    expect(queue.queued()).toHaveLength(before + 1);
  });

  it('is whole when it is large and read slowly', async () => {
    const before = queue.queued().length;
    const body = '0123456789abcde\n'.repeat(65_536);
    expect((await send({ pause: 0.3 }, `${MESSAGE}${body}`)).code).toBe(250);
    const [run] = queue.queued().slice(before);
    expect(run?.message.toString('latin1').endsWith(`body\n${body}`)).toBe(true);
  });

  it('carries an envelope larger than any pipe', async () => {
    queue.behave({});
    const before = queue.queued().length;
    const recipients = Array.from({ length: 300 }, (_unused, i) => `${'r'.repeat(400)}${i}@example.net`);
    const client = await gate.login();
    expect((await client.deliver(user, recipients, MESSAGE)).code).toBe(250);
    expect(queue.queued()[before]?.recipients).toEqual(recipients);
    client.destroy();
  });
});

describe('every exit code', () => {
  const codes = Array.from({ length: 256 }, (_unused, code) => code);

  it('has its reply, and only 0 is 250', async () => {
    const wrong: string[] = [];
    let client: SmtpClient | undefined;
    for (const code of codes) {
      // A few in each session: that it goes on after a failure is part of what is tried.
      if (client === undefined || code % 16 === 0) {
        client?.destroy();
        client = await gate.login();
      }
      queue.behave({ exit: code });
      const before = queue.queued().length;
      const reply = await client.deliver(user, ['bob@example.net'], MESSAGE);
      const queued = queue.queued().length - before;
      const got = `${reply.code} ${reply.status}`;
      if (got !== expected(code) || queued !== (code === 0 ? 1 : 0))
        wrong.push(`${code}: ${reply.lines.join(' / ')}, ${queued} queued`);
    }
    client?.destroy();
    expect(wrong).toEqual([]);
  }, 120_000);
});

describe('every signal', () => {
  // Those that end a process. STOP, TSTP, TTIN and TTOU stop it: that is a hang, and has its own test.
  const signals = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31];

  it.each(signals)('%i is temporary', async (signal) => {
    const before = queue.queued().length;
    const reply = await send({ signal });
    expect(`${reply.code} ${reply.status}`).toBe('451 4.3.0');
    expect(queue.queued()).toHaveLength(before);
  });
});

describe('custom error text', () => {
  it.each([
    ['notqmail, fd 6', { exit: 82, error: { fd: 6, text: 'Dsends spam (#5.7.1)' } }, 554, 'sends spam'],
    ['notqmail, temporary', { exit: 82, error: { fd: 6, text: 'Zscanner is busy' } }, 451, 'scanner is busy'],
    ['the Curti patch, fd 4', { exit: 82, error: { fd: 4, text: 'Dvirus found' } }, 554, 'virus found'],
    ['simscan, fd 4 and 88', { exit: 88, error: { fd: 4, text: 'Zno memory' } }, 451, 'no memory'],
    ['indimail, fd 2 and 88', { exit: 88, error: { fd: 2, text: 'Dblackholed' } }, 554, 'blackholed'],
  ] as const)('of %s reaches the client', async (_name, behaviour, code, text) => {
    const reply = await send(behaviour);
    expect(reply.code).toBe(code);
    expect(reply.lines.join('\n')).toContain(text);
  });

  it('cannot split a reply, and is cut', async () => {
    const reply = await send({
      exit: 82,
      error: { fd: 6, text: `Dno\r\n250 2.0.0 ok\r\n\0\x1b[31m${'x'.repeat(5000)}` },
    });
    expect(reply.code).toBe(554);
    expect(reply.lines).toHaveLength(1);
    expect(reply.lines[0]?.length).toBeLessThanOrEqual(510);
    expect(reply.lines[0]).toMatch(/^[\x20-\x7e]*$/);
  });

  it('that is missing leaves a temporary answer', async () => {
    expect((await send({ exit: 82 })).code).toBe(451);
    expect((await send({ exit: 88 })).code).toBe(451);
  });
});

describe('a queue that misbehaves', () => {
  const big = `${MESSAGE}${'x'.repeat(998).concat('\n').repeat(3000)}`;

  it.each([
    ['ends before it has read anything', { read: 'none', exit: 53 }],
    ['ends with 0 before it has read anything', { read: 'none', exit: 0 }],
    ['ends in the middle of the message', { read: 'some', exit: 53 }],
    ['ends with 0 in the middle of the message', { read: 'some', exit: 0 }],
    ['ends without reading the envelope', { read: 'message', exit: 53 }],
  ] as const)('%s: temporary, and the session goes on', async (_name, behaviour) => {
    queue.behave(behaviour);
    const client = await gate.login();
    const reply = await client.deliver(user, ['bob@example.net'], big);
    expect(`${reply.code} ${reply.status}`).toBe('451 4.3.0');
    queue.behave({});
    expect((await client.deliver(user, ['bob@example.net'], MESSAGE)).code).toBe(250);
    client.destroy();
  });

  it.each([
    ['hangs', 'yes'],
    ['hangs and ignores SIGTERM', 'ignore-term'],
  ] as const)('%s: ended after its time', async (_name, hang) => {
    const before = queue.queued().length;
    const reply = await send({ hang });
    expect(`${reply.code} ${reply.status}`).toBe('451 4.3.0');
    expect(queue.queued()).toHaveLength(before);
  });

  it('leaves a grandchild that holds the pipes: the answer does not wait for it', async () => {
    const reply = await send({ grandchild: 20 });
    expect(reply.code).toBe(250);
    const said = await send({ grandchild: 20, exit: 82, error: { fd: 6, text: 'Dno thanks' } });
    expect(said.lines[0]).toContain('no thanks');
  });

  it('is not there, or cannot be run: temporary, with one clear log line, and it serves on', async () => {
    const { path } = queue;
    for (const program of [`${path}.none`, '/etc/passwd', '/']) {
      const other = await openGate({ queue: `use = "qmail-queue"\nprogram = ${quote(program)}` }).catch(
        (error: unknown) => error as Error,
      );
      // Either the configuration check finds it, or each message is deferred.
      if (other instanceof Error) {
        expect(other.message).toContain(program);
        continue;
      }
      const client = await other.login();
      expect(`${(await client.deliver(user, ['bob@example.net'], MESSAGE)).code}`).toBe('451');
      expect((await other.daemon.logged('message'))['outcome']).toBe('deferred');
      client.destroy();
      await other.close();
    }
  });
});
