/**
 * What every queue must do, as cases for a test framework. Knows no implementation: what a queue has taken is read back by
 * whoever brings the queue.
 */
import assert from 'node:assert/strict';
import type { Envelope } from '../base/envelope.js';
import type { Mailbox } from '../base/mailbox.js';
import { rawAddress } from '../base/mailbox.js';
import { ClientGone, MessageFault } from '../base/message-fault.js';
import type { Queue, QueueResult } from '../ports/queue.js';
import { queueContext } from './contexts.js';
import { settles, withFresh } from './define-test.js';
import type { DefineTest, UnderTest } from './define-test.js';
import { allOctets, breaksOff, counted, drip, longLines, pieces, stalls } from './message-sources.js';

/** One message that the queue has committed, as it was handed to the queue. */
export interface StoredMessage {
  /** The octets of the message, without what the queue itself has put on top. */
  readonly message: Uint8Array;
  /** As `rawAddress` writes it; empty for the null sender. */
  readonly sender: string;
  /** In the order of the envelope. */
  readonly recipients: readonly string[];
}

/** A queue made for one case. */
export interface QueueUnderTest extends UnderTest {
  readonly queue: Queue;
  /** Everything that has been committed since it was made, in any order. */
  stored(): readonly StoredMessage[] | Promise<readonly StoredMessage[]>;
}

export interface QueueContractOptions {
  /** Makes an empty queue. Called once for every case. */
  create(): QueueUnderTest | Promise<QueueUnderTest>;
  /** Milliseconds that one submission may take before a case fails. Default 20000. */
  readonly patience?: number;
}

const alice: Mailbox = { localPart: 'alice', domain: 'example.com' };
const bob: Mailbox = { localPart: 'bob', domain: 'example.net' };

const envelopeOf = (recipients: readonly Mailbox[] = [bob], sender: Mailbox | null = alice): Envelope => ({
  sender,
  recipients,
  body: '8bitmime',
  smtputf8: false,
});

const SMALL = 'From: alice@example.com\nTo: bob@example.net\nSubject: one\n\nHello.\n';

/**
 * Defines the cases with `test`.
 *
 * @example
 *
 *     import { test } from 'node:test';
 *     import { queueContract } from '@postern/core/contract';
 *
 *     queueContract(test, {
 *       create: () => {
 *         const store = new MemoryStore();
 *         return { queue: memoryQueue(store), stored: () => store.messages };
 *       },
 *     });
 */
export function queueContract(test: DefineTest, options: QueueContractOptions): void {
  const patience = options.patience ?? 20_000;

  const define = (name: string, body: (subject: QueueUnderTest) => Promise<void>): void => {
    test(name, () => withFresh(() => options.create(), body));
  };
  const submit = (
    { queue }: QueueUnderTest,
    message: AsyncIterable<Uint8Array>,
    envelope = envelopeOf(),
    signal?: AbortSignal,
  ): Promise<QueueResult> =>
    settles(queue.submit(envelope, message, queueContext(signal)), patience, `${queue.name}: submit`);

  /** Submits, and finds exactly this message with exactly this envelope. */
  const keeps = async (
    subject: QueueUnderTest,
    chunks: readonly Uint8Array[],
    envelope = envelopeOf(),
  ): Promise<void> => {
    const source = counted(chunks);
    const result = await submit(subject, source, envelope);
    assert.equal(result.outcome, 'queued', `expected queued, got ${JSON.stringify(result)}`);
    assert.ok(source.ended, 'queued before the message was read to its end');
    const stored = await subject.stored();
    assert.equal(stored.length, 1, 'exactly one message');
    assertStored(stored[0], Buffer.concat(chunks), envelope);
  };
  const holdsNothing = async (subject: QueueUnderTest): Promise<void> => {
    assert.equal((await subject.stored()).length, 0, 'nothing may have been committed');
  };

  define('has a name, and says what it carries', async ({ queue }) => {
    assert.match(queue.name, /^[a-z0-9][a-z0-9.-]*$/);
    for (const carried of queue.carries) assert.ok(['8bit', 'smtputf8'].includes(carried), `unknown: ${carried}`);
  });

  define('queued: exact octets, exact envelope, an id', async (subject) => {
    const result = await submit(subject, pieces(SMALL));
    assert.equal(result.outcome, 'queued', `expected queued, got ${JSON.stringify(result)}`);
    // It stands in a reply line.
    assert.match(result.id, /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/);
    const stored = await subject.stored();
    assert.equal(stored.length, 1, 'exactly one message');
    assertStored(stored[0], Buffer.from(SMALL), envelopeOf());
  });

  define('an empty message', (subject) => keeps(subject, []));
  define('empty chunks among the others', (subject) =>
    keeps(
      subject,
      ['', 'Subject: a\n', '', '\nb\n', ''].map((text) => Buffer.from(text)),
    ),
  );
  define('a message without a line end at its end', (subject) => keeps(subject, [Buffer.from('Subject: a\n\nb')]));
  define('every octet there is', (subject) => keeps(subject, [allOctets()]));
  define('lines of 100,000 octets', (subject) => keeps(subject, longLines()));
  define('a message of one chunk for every octet', (subject) =>
    keeps(
      subject,
      [...Buffer.from(SMALL.repeat(20))].map((octet) => Buffer.of(octet)),
    ),
  );
  define('5 MB', (subject) =>
    keeps(
      subject,
      Array.from({ length: 160 }, (_, i) => Buffer.alloc(32_768, 97 + (i % 26))),
    ),
  );
  define('sizes around the edges of pipes and blocks', async (subject) => {
    const sizes = [1, 4095, 4096, 4097, 16_383, 16_384, 65_535, 65_536, 65_537, 131_072];
    for (const size of sizes) {
      const result = await submit(subject, pieces('x'.repeat(size)));
      assert.equal(result.outcome, 'queued', `${size} octets: ${JSON.stringify(result)}`);
    }
    const stored = (await subject.stored()).map(({ message }) => message.length).sort((a, b) => a - b);
    assert.deepEqual(stored, sizes);
  });

  define('a slow message', async (subject) => {
    const result = await submit(subject, drip(SMALL, 10));
    assert.equal(result.outcome, 'queued');
    assertStored((await subject.stored())[0], Buffer.from(SMALL), envelopeOf());
  });

  define('a source that uses its buffer again', async (subject) => {
    const buffer = Buffer.alloc(1000);
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 200; i++) yield buffer.fill(97 + (i % 26));
    }
    assert.equal((await submit(subject, source())).outcome, 'queued');
    const expected = Buffer.concat(Array.from({ length: 200 }, (_, i) => Buffer.alloc(1000, 97 + (i % 26))));
    assertStored((await subject.stored())[0], expected, envelopeOf());
  });

  define('the null sender', (subject) => keeps(subject, [Buffer.from(SMALL)], envelopeOf([bob], null)));
  define('1,000 recipients, in order, not merged', (subject) => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ localPart: `user${i % 900}`, domain: 'example.com' }));
    return keeps(subject, [Buffer.from(SMALL)], envelopeOf(many));
  });
  define('addresses with odd local parts, as they are', (subject) => {
    const odd = ['a b', 'x"y', 'back\\slash', 'a@b', '.dot.', '-f', 'F', 'T', '%s', '$HOME', '`id`', '<a>', 'a,b:c;d'];
    return keeps(
      subject,
      [Buffer.from(SMALL)],
      envelopeOf(odd.map((localPart) => ({ localPart, domain: 'example.com' }))),
    );
  });

  for (const [what, character] of [
    ['NUL', '\0'],
    ['a line end', '\n'],
    ['a control character', '\x01'],
  ] as const) {
    define(`an address with ${what} is never queued`, async (subject) => {
      const bad: Mailbox = { localPart: `bob${character}Tmallory@example.org${character}`, domain: 'example.net' };
      for (const envelope of [envelopeOf([bad]), envelopeOf([bob, bad]), envelopeOf([bob], bad)]) {
        assert.notEqual((await submit(subject, pieces(SMALL), envelope)).outcome, 'queued');
      }
      await holdsNothing(subject);
    });
  }

  define('no recipients: never queued', async (subject) => {
    assert.notEqual((await submit(subject, pieces(SMALL), envelopeOf([]))).outcome, 'queued');
    await holdsNothing(subject);
  });

  for (const [where, octets] of [
    ['at once', 0],
    ['after an octet', 1],
    ['after 100 KB', 100_000],
    ['after 2 MB', 2_000_000],
  ] as const) {
    for (const error of [new ClientGone(), new MessageFault('too-big')]) {
      define(
        `a message that breaks off ${where} (${error.name}): the same error, nothing committed`,
        async (subject) => {
          await assert.rejects(submit(subject, breaksOff(octets, error)), (thrown: unknown) => {
            assert.strictEqual(thrown, error, 'submit rejects with the error of the message itself');
            return true;
          });
          await holdsNothing(subject);
          // And it is none the worse for it.
          assert.equal((await submit(subject, pieces(SMALL))).outcome, 'queued');
          assert.equal((await subject.stored()).length, 1);
        },
      );
    }
  }

  define('a signal that was aborted before: nothing committed', async (subject) => {
    const result = await submit(subject, pieces(SMALL), envelopeOf(), AbortSignal.abort());
    assert.equal(result.outcome, 'deferred');
    await holdsNothing(subject);
  });

  for (const octets of [0, 1000, 200_000]) {
    define(
      `a signal that is aborted while the client is silent after ${octets} octets: deferred, nothing committed`,
      async (subject) => {
        const controller = new AbortController();
        const source = stalls(octets);
        const answer = submit(subject, source.message, envelopeOf(), controller.signal);
        await settles(Promise.race([source.stalled, answer]), patience, 'the reading');
        controller.abort();
        assert.equal((await answer).outcome, 'deferred');
        source.release();
        await holdsNothing(subject);
      },
    );
  }

  define('many at once, each its own', async (subject) => {
    const numbers = Array.from({ length: 24 }, (_, i) => i);
    const text = (i: number): string => `Subject: ${i}\n\n${String(i).repeat(1 + i * 2000)}\n`;
    const envelope = (i: number): Envelope => envelopeOf([{ localPart: `user${i}`, domain: 'example.com' }]);
    const results = await Promise.all(numbers.map((i) => submit(subject, drip(text(i), 1, 10_000), envelope(i))));
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      numbers.map(() => 'queued'),
    );
    const ids = results.map((result) => (result.outcome === 'queued' ? result.id : ''));
    assert.equal(new Set(ids).size, ids.length, 'every message has its own id');
    const stored = await subject.stored();
    assert.equal(stored.length, numbers.length);
    for (const i of numbers) {
      const found = stored.find(({ recipients }) => recipients[0] === `user${i}@example.com`);
      assertStored(found, Buffer.from(text(i)), envelope(i));
    }
  });

  define('close twice', async ({ queue }) => {
    await settles(Promise.resolve(queue.close?.()), patience, 'close');
    await settles(Promise.resolve(queue.close?.()), patience, 'close');
  });
}

function assertStored(found: StoredMessage | undefined, message: Buffer, envelope: Envelope): void {
  assert.ok(found !== undefined, 'the message is not there');
  assert.equal(found.sender, envelope.sender === null ? '' : rawAddress(envelope.sender), 'the sender');
  assert.deepEqual(found.recipients, envelope.recipients.map(rawAddress), 'the recipients, in order');
  assert.equal(found.message.length, message.length, 'the length of the message');
  assert.ok(message.equals(found.message), 'the octets of the message');
}
