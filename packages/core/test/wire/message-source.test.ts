import { describe, expect, it } from 'vitest';
import { ClientGone, MessageFault } from '../../src/base/message-fault.js';
import { PushedMessage } from '../../src/wire/message-source.js';

const octets = (length: number): Buffer => Buffer.alloc(length, 'x');

function setUp(): { source: PushedMessage; resumed: () => number } {
  let count = 0;
  const source = new PushedMessage({
    resume: () => {
      count++;
    },
  });
  return { source, resumed: () => count };
}

async function readAll(source: PushedMessage): Promise<string> {
  let text = '';
  for await (const chunk of source) text += Buffer.from(chunk).toString('latin1');
  return text;
}

describe('the message source', () => {
  it('gives what it got, before and after it was asked', async () => {
    const { source } = setUp();
    source.give(Buffer.from('a'), 1);
    const reading = readAll(source);
    await Promise.resolve();
    source.give(Buffer.from('b'), 1);
    source.give(Buffer.from('c'), 1);
    source.finish();
    expect(await reading).toBe('abc');
  });

  it('holds a bounded amount, and asks for more when there is room', async () => {
    const { source, resumed } = setUp();
    let given = 0;
    while (source.give(octets(16_384), 16_384)) given++;
    expect(given * 16_384).toBeLessThan(256 * 1024);
    expect(resumed()).toBe(0);
    for (let i = 0; i < given; i++) await source.next();
    expect(resumed()).toBe(1);
  });

  it('fails for the reader when the message is condemned, and is read to its end all the same', async () => {
    const { source, resumed } = setUp();
    source.give(octets(10), 10);
    source.condemn('bare-line-ending');
    await expect(readAll(source)).rejects.toThrow(MessageFault);
    expect(source.give(octets(0), 100)).toBe(false);
    const discarding = source.discard(1000);
    expect(resumed()).toBe(1);
    expect(source.give(octets(0), 500)).toBe(true);
    source.finish();
    expect(await discarding).toBe('ended');
  });

  it('fails for a reader that is waiting', async () => {
    const { source } = setUp();
    const reading = readAll(source);
    source.condemn('bare-line-ending');
    await expect(reading).rejects.toMatchObject({ reason: 'bare-line-ending' });
  });

  it('gives up when there is too much to throw away', async () => {
    const { source } = setUp();
    const discarding = source.discard(100);
    expect(source.give(octets(100), 100)).toBe(true);
    expect(source.give(octets(1), 1)).toBe(false);
    expect(await discarding).toBe('too-much');
  });

  it('throws away what it holds', async () => {
    const { source } = setUp();
    while (source.give(octets(65_536), 65_536));
    source.finish();
    expect(await source.discard(1)).toBe('ended');
  });

  it('a client that is gone fails everybody', async () => {
    const reading = setUp();
    const read = readAll(reading.source);
    reading.source.abandon();
    await expect(read).rejects.toThrow(ClientGone);
    await expect(reading.source.discard(10)).rejects.toThrow(ClientGone);
    const discarding = setUp();
    const discard = discarding.source.discard(10);
    discarding.source.abandon();
    await expect(discard).rejects.toThrow(ClientGone);
  });

  it('a client that leaves behind the end takes nothing back', async () => {
    const { source } = setUp();
    source.give(Buffer.from('whole'), 5);
    source.finish();
    source.abandon();
    expect(await readAll(source)).toBe('whole');
  });
});
