import { describe, expect, it } from 'vitest';
import { ClientGone, MessageFault } from '../../src/base/message-fault.js';
import type { FaultCause } from '../../src/base/message-fault.js';
import { ownSenders } from '../../src/policy/senders.js';
import type { Event } from '../../src/ports/observer.js';
import type { Queue, QueueResult } from '../../src/ports/queue.js';
import type { MessageSource, SessionServices } from '../../src/session/services.js';
import { submitMessage } from '../../src/session/submit.js';
import { messageOptions } from '../../src/message/options.js';
import { session, status } from './fixture.js';

const whole = 'From: alice@example.com\nTo: bob@example.net\n\nHello\n';

function source(...chunks: (string | Error)[]): MessageSource & { readonly left: number } {
  const rest = [...chunks];
  return {
    get left() {
      return rest.length;
    },
    async *[Symbol.asyncIterator]() {
      for (let chunk = rest.shift(); chunk !== undefined; chunk = rest.shift()) {
        if (chunk instanceof Error) throw chunk;
        yield Buffer.from(chunk);
      }
    },
    async discard(octets) {
      let left = octets;
      for (let chunk = rest.shift(); chunk !== undefined; chunk = rest.shift()) {
        if (chunk instanceof Error) throw chunk;
        left -= chunk.length;
        if (left < 0) return 'too-much';
      }
      return 'ended';
    },
  };
}

function services(queue: Queue['submit']): { services: SessionServices; events: Event[] } {
  const events: Event[] = [];
  return {
    events,
    services: {
      authenticator: undefined as never,
      queue: { name: 'test', carries: new Set(['8bit']), submit: queue },
      message: messageOptions({ sizeLimit: 1000 }, { idHost: 'mail.example.com', rewrite: (mailbox) => mailbox }),
      observer: { observe: (event) => events.push(event) },
      clock: { now: () => 1_700_000_000_000 },
    },
  };
}

/** A queue that reads everything and then says `result`. */
const reading =
  (result: QueueResult, seen: { text: string } = { text: '' }): Queue['submit'] =>
  async (_envelope, message) => {
    for await (const chunk of message) seen.text += Buffer.from(chunk).toString('latin1');
    return result;
  };

const submit = async (from: MessageSource, queue: Queue['submit'], open = session('rcpt')) => {
  const set = services(queue);
  open.command('DATA');
  const reply = await submitMessage(open, from, set.services, new AbortController().signal);
  return { reply, open, events: set.events };
};

describe('submitMessage', () => {
  it('says 250 with the id of the queue, and goes on', async () => {
    const seen = { text: '' };
    const { reply, open, events } = await submit(source(whole), reading({ outcome: 'queued', id: '17 qp 4' }, seen));
    expect(status(reply)).toBe('250 2.0.0');
    expect(reply.text).toEqual(['ok 17 qp 4']);
    expect(open.state).toBe('ready');
    expect(seen.text).toMatch(/^Received: from /);
    expect(seen.text).toContain('\n\nHello\n');
    expect(events).toEqual([
      expect.objectContaining({
        event: 'message',
        outcome: 'queued',
        id: '17 qp 4',
        login: 'alice',
        sender: 'alice@example.com',
        recipients: ['bob@example.net'],
        size: whole.length,
      }),
    ]);
  });

  it.each([
    [{ outcome: 'refused' } as const, '554 5.3.0', 'Message refused'],
    [{ outcome: 'refused', text: 'no spam', status: [7, 1] } as const, '554 5.7.1', 'no spam'],
    [{ outcome: 'deferred' } as const, '451 4.3.0', 'Message not queued, please try again'],
    [
      { outcome: 'deferred', status: [4, 2], cause: 'inner' } as const,
      '451 4.4.2',
      'Message not queued, please try again',
    ],
  ])('%j is %s', async (result, said, text) => {
    const { reply } = await submit(source(whole), reading(result));
    expect(status(reply)).toBe(said);
    expect(reply.text).toEqual([text]);
  });

  it('tells nothing of an error of our own but the session id', async () => {
    const { reply, events } = await submit(source(whole), () => Promise.reject(new Error('/var/secret: EACCES')));
    expect(status(reply)).toBe('451 4.3.0');
    expect(reply.text.join()).not.toContain('secret');
    expect(reply.text.join()).toContain('session1');
    expect(events[0]).toMatchObject({ event: 'fault', where: 'test' });
  });

  it('does not believe a queue that says queued without reading the message', async () => {
    const { reply, events } = await submit(source(whole), async () => ({ outcome: 'queued', id: 'x' }));
    expect(status(reply)).toBe('451 4.3.0');
    expect(events[0]).toMatchObject({ outcome: 'deferred', cause: 'the queue did not read the whole message' });
  });

  it('reads to the end of the data before it answers, so that the session stays in step', async () => {
    const from = source(whole, 'more', 'and more');
    const { reply } = await submit(from, async () => ({ outcome: 'deferred' }));
    expect(from.left).toBe(0);
    expect(reply.close).toBeUndefined();
  });

  it('closes if the client goes on for too long after the limit', async () => {
    const from = source('From: a@b.example\n\n', 'x'.repeat(2000), 'y'.repeat(900), 'z'.repeat(900));
    const { reply } = await submit(from, reading({ outcome: 'queued', id: 'x' }));
    expect(status(reply)).toBe('552 5.3.4');
    expect(reply.close).toBe(true);
  });

  it.each([
    ['too-big', '552 5.3.4'],
    ['too-many-hops', '554 5.4.6'],
    ['bare-line-ending', '550 5.6.0'],
    ['nul-byte', '550 5.6.0'],
    ['header-too-big', '552 5.3.4'],
    ['header-malformed', '550 5.6.0'],
    ['duplicate-field', '550 5.6.0'],
    ['sender-not-allowed', '553 5.7.1'],
  ] satisfies [FaultCause, string][])('a fault %s of the message is %s', async (cause, said) => {
    const { reply, events } = await submit(
      source(whole, new MessageFault(cause)),
      reading({ outcome: 'queued', id: 'x' }),
    );
    expect(status(reply)).toBe(said);
    expect(events).toEqual([expect.objectContaining({ outcome: 'refused', cause })]);
  });

  it('hands the fault to the queue, so that nothing is committed', async () => {
    let failed: unknown;
    await submit(source('x'.repeat(600), 'x'.repeat(600)), async (_envelope, message) => {
      try {
        for await (const chunk of message) expect(chunk.length).not.toBe(0);
      } catch (error) {
        failed = error;
        throw error;
      }
      return { outcome: 'queued', id: 'x' };
    });
    expect(failed).toBeInstanceOf(MessageFault);
  });

  it('reports a client that leaves in the middle as abandoned', async () => {
    const { events } = await submit(source(whole, new ClientGone()), reading({ outcome: 'queued', id: 'x' }));
    expect(events).toEqual([expect.objectContaining({ event: 'message', outcome: 'abandoned', cause: 'client-gone' })]);
  });

  it.each([
    ['From', 'From: mallory@example.com\n\nx\n'],
    ['the second From', 'From: alice@example.com\nFrom: mallory@example.com\n\nx\n'],
    ['the second mailbox', 'From: alice@example.com, mallory@example.com\nSender: alice@example.com\n\nx\n'],
    ['Sender', 'From: alice@example.com\nSender: mallory@example.com\n\nx\n'],
  ])('asks the sender policy about %s, under the null sender too', async (_what, message) => {
    for (const sender of ['<alice@example.com>', '<>']) {
      const open = session('tls', { senders: ownSenders });
      open.attempted({ outcome: 'accepted', identity: { login: 'alice@example.com' } });
      open.command(`MAIL FROM:${sender}`);
      open.command('RCPT TO:<bob@example.net>');
      let queued = '';
      const { reply } = await submit(
        source(message),
        async (_envelope, from) => {
          for await (const chunk of from) queued += Buffer.from(chunk).toString();
          return { outcome: 'queued', id: 'x' };
        },
        open,
      );
      expect(status(reply)).toBe('553 5.7.1');
      expect(queued).toBe('');
    }
  });
});
