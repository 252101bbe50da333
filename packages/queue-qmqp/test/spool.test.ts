import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { queueContext } from '@postern/core/contract';
import { tempDir } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { qmqp } from '../src/index.js';
import { holdMessage } from '../src/held-message.js';
import { envelope, message } from './fixture.js';
import { startQmqpServer } from './qmqp-server.js';

const signal = new AbortController().signal;

async function all(blocks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const block of blocks) copies.push(Buffer.from(block));
  return Buffer.concat(copies);
}

/** Files below `directory` that this process has open. */
const openIn = (directory: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(directory) ? [target] : [];
    } catch {
      return [];
    }
  });

describe('a message that is held', () => {
  it.each([0, 1, 99, 100, 101, 65_635, 65_636, 65_637, 300_000])('of %d octets comes back as it was', async (size) => {
    const directory = tempDir();
    const octets = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) % 251));
    const chunks = [octets.subarray(0, size / 3), octets.subarray(size / 3, size / 2), octets.subarray(size / 2)];
    const held = await holdMessage(message(...chunks), { memory: 100, directory: directory.path, signal });
    expect(held?.length).toBe(size);
    expect(held?.bytes === undefined).toBe(size > 100);
    // Twice: nothing is used up by reading.
    for (let i = 0; i < 2; i++) expect((await all(held!.blocks())).equals(octets)).toBe(true);
    await held?.release();
    directory.remove();
  });

  it.runIf(existsSync('/proc/self/fd'))('has a file without a name, and no file afterwards', async () => {
    const directory = tempDir();
    const held = await holdMessage(message(Buffer.alloc(1000)), { memory: 10, directory: directory.path, signal });
    expect(readdirSync(directory.path)).toEqual([]);
    expect(openIn(directory.path)).toHaveLength(1);
    await held?.release();
    expect(openIn(directory.path)).toEqual([]);
    directory.remove();
  });

  it.runIf(existsSync('/proc/self/fd'))('leaves no file when it breaks off or is aborted', async () => {
    const directory = tempDir();
    const controller = new AbortController();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(200_000);
      throw new Error('gone');
    }
    async function* stuck(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(200_000);
      controller.abort();
      yield Buffer.alloc(200_000);
    }
    const holding = { memory: 10, directory: directory.path };
    await expect(holdMessage(broken(), { ...holding, signal })).rejects.toThrow('gone');
    expect(await holdMessage(stuck(), { ...holding, signal: controller.signal })).toBeUndefined();
    expect(openIn(directory.path)).toEqual([]);
    directory.remove();
  });

  it('with nowhere to go is deferred, and nobody is asked', async () => {
    const directory = tempDir();
    const server = await startQmqpServer();
    const queue = qmqp({ servers: [server.address], memory: 10, spoolDirectory: directory.file('missing') });
    const result = await queue.submit(envelope(), message(Buffer.alloc(100)), queueContext());
    expect(result).toMatchObject({ outcome: 'deferred', status: [3, 1] });
    expect((result as { cause: string }).cause).toMatch(/ENOENT/);
    expect(server.connections()).toBe(0);
    await server.close();
    directory.remove();
  });
});
