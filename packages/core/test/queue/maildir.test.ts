import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMaildir, tempDir, unfinishedDeliveries } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { queueContext, queueContract } from '../../src/contract/index.js';
import { OptionError } from '../../src/base/options.js';
import { maildirQueue } from '../../src/queue/maildir.js';
import { maildirNames } from '../../src/queue/maildir-name.js';
import { envelope, message, storedInMaildir } from './queue-helpers.js';

// vitest types its matchers as `any`.
const containing = (text: string): unknown => expect.stringContaining(text);

describe('maildir keeps the contract of queues', () => {
  queueContract(it, {
    create: () => {
      const dir = tempDir();
      const path = dir.file('Maildir');
      return { queue: maildirQueue({ path }), stored: () => storedInMaildir(path), dispose: () => dir.remove() };
    },
  });
});

describe('maildir', () => {
  it('makes the directories for itself only, and the file too', async () => {
    const path = tempDir().file('a/b/Maildir');
    const result = await maildirQueue({ path }).submit(envelope(), message('Subject: x\n\nx\n'), queueContext());
    expect(result.outcome).toBe('queued');
    const [stored] = readMaildir(path);
    expect(stored?.folder).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o700);
    for (const folder of ['tmp', 'new', 'cur']) expect(statSync(join(path, folder)).mode & 0o777).toBe(0o700);
    expect(statSync(stored!.path).mode & 0o777).toBe(0o600);
    expect(unfinishedDeliveries(path)).toEqual([]);
  });

  it('puts the envelope on top and leaves the message as it is', async () => {
    const path = tempDir().file('Maildir');
    const sender = { localPart: 'a b', domain: 'example.com' };
    const recipients = ['x', 'y', 'x'].map((localPart) => ({ localPart, domain: 'example.net' }));
    await maildirQueue({ path }).submit(
      { ...envelope(), sender, recipients },
      message('Subject: x\n\nx'),
      queueContext(),
    );
    expect(readMaildir(path)[0]?.raw.toString()).toBe(
      'Return-Path: <"a b"@example.com>\nDelivered-To: x@example.net\nDelivered-To: y@example.net\n' +
        'Delivered-To: x@example.net\nSubject: x\n\nx',
    );
  });

  it('the null sender is <>', async () => {
    const path = tempDir().file('Maildir');
    await maildirQueue({ path }).submit({ ...envelope(), sender: null }, message('x'), queueContext());
    expect(readMaildir(path)[0]?.fields('Return-Path')).toEqual(['<>']);
  });

  it('the id is the beginning of the name of the file', async () => {
    const path = tempDir().file('Maildir');
    const result = await maildirQueue({ path }).submit(envelope(), message('x'), queueContext());
    expect(result.outcome === 'queued' && readMaildir(path)[0]?.name.startsWith(`${result.id}.`)).toBe(true);
  });

  it('leaves nothing in tmp when the message breaks off late', async () => {
    const path = tempDir().file('Maildir');
    async function* broken(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 10; i++) yield Buffer.alloc(60_000);
      // It has become a file by now: this case is about removing it.
      expect(unfinishedDeliveries(path)).toHaveLength(1);
      throw new Error('gone');
    }
    await expect(maildirQueue({ path }).submit(envelope(), broken(), queueContext())).rejects.toThrow('gone');
    expect(unfinishedDeliveries(path)).toEqual([]);
    expect(readMaildir(path)).toEqual([]);
  });

  it('a directory that cannot be made: deferred, and the cause is not for the client', async () => {
    const dir = tempDir();
    const path = dir.file('Maildir');
    const queue = maildirQueue({ path });
    writeFileSync(path, 'a file meanwhile');
    const result = await queue.submit(envelope(), message('x'), queueContext());
    expect(result).toMatchObject({ outcome: 'deferred', cause: containing('cannot make a file in tmp') });
    expect(result).not.toHaveProperty('text');
  });

  it('a new that is no directory: deferred, nothing left in tmp', async () => {
    const path = tempDir().file('Maildir');
    for (const folder of ['tmp', 'cur']) mkdirSync(join(path, folder), { recursive: true });
    writeFileSync(join(path, 'new'), '');
    const result = await maildirQueue({ path }).submit(envelope(), message('x'), queueContext());
    expect(result).toMatchObject({ outcome: 'deferred' });
    expect(unfinishedDeliveries(path)).toEqual([]);
  });

  // /dev/full is a disk without room.
  it('a full disk: deferred with 4.3.1 and a cause, and the queue goes on', async () => {
    const path = tempDir().file('Maildir');
    const queue = maildirQueue({ path });
    const { open } = await import('node:fs/promises');
    const probe = await open('/dev/full', 'w');
    const prototype = Object.getPrototypeOf(probe) as { write: (...args: unknown[]) => Promise<unknown> };
    const { write } = prototype;
    prototype.write = (...args) => write.apply(probe, args);
    try {
      const result = await queue.submit(envelope(), message('x'), queueContext());
      expect(result).toMatchObject({ outcome: 'deferred', status: [3, 1], cause: containing('ENOSPC') });
    } finally {
      prototype.write = write;
      await probe.close();
    }
    expect(unfinishedDeliveries(path)).toEqual([]);
    expect((await queue.submit(envelope(), message('x'), queueContext())).outcome).toBe('queued');
  });

  it('works again once what was in its way has gone', async () => {
    const dir = tempDir();
    const path = dir.file('Maildir');
    const queue = maildirQueue({ path });
    writeFileSync(path, '');
    expect((await queue.submit(envelope(), message('x'), queueContext())).outcome).toBe('deferred');
    dir.remove();
    mkdirSync(dir.path);
    expect((await queue.submit(envelope(), message('x'), queueContext())).outcome).toBe('queued');
  });

  it('wrong options are one line', () => {
    const dir = tempDir();
    const file = dir.write('file', '');
    chmodSync(file, 0o600);
    expect(() => maildirQueue({ path: file })).toThrow(OptionError);
    expect(() => maildirQueue({} as never)).toThrow('maildir: path: found nothing; allowed: a string');
    expect(existsSync(dir.file('Maildir'))).toBe(false);
    expect(readdirSync(dir.path)).toEqual(['file']);
  });
});

describe('names in a Maildir', () => {
  it('are unique, and safe whatever the host is called', () => {
    const next = maildirNames({ now: () => 1_700_000_000_123.456 }, 'a/b:c');
    const names = Array.from({ length: 1000 }, next);
    expect(new Set(names.map(({ name }) => name)).size).toBe(1000);
    expect(names[0]?.name).toMatch(/^1700000000\.M123456P\d+Q1R[0-9a-f]{8}\.a\\057b\\072c$/);
  });
});
