/** The data path is linear: large messages, single octets, lines of dots, endless lines (pitfall 27). */
import { describe, expect, it } from 'vitest';
import { loggedIn, rememberingQueue, startWire } from './wire-server.js';
import { ENVELOPE, play, singles } from './wire-session.js';

/** Counts octets and lines, and keeps nothing. */
const countingQueue = (): ReturnType<typeof rememberingQueue> =>
  rememberingQueue(async (message) => {
    let octets = 0;
    let lines = 0;
    for await (const chunk of message) {
      octets += chunk.length;
      for (let at = -1; (at = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).indexOf(10, at + 1)) >= 0;)
        lines++;
    }
    return `${octets} ${lines}`;
  });

const SIZE = 50 * 1024 * 1024;

describe('fifty megabytes', () => {
  it.each([
    ['of text', `${'The quick brown fox jumps over the lazy dog. '.repeat(1)}\r\n`],
    ['of lines of dots', `${'.'.repeat(60)}\r\n`],
    ['of stuffed dots', '..\r\n'],
    ['in one line', 'x'.repeat(64)],
  ])('%s', async (_name, line) => {
    const server = await startWire({ queue: countingQueue() });
    const client = await loggedIn(server.plain);
    await client.command('MAIL FROM:<a@example.com>');
    await client.command('RCPT TO:<b@example.net>');
    await client.command('DATA');
    const part = Buffer.from(line.repeat(Math.ceil(65_536 / line.length)));
    client.raw('Subject: x\r\n\r\n');
    for (let sent = 0; sent < SIZE; sent += part.length) {
      if (!client.stream.write(part)) {
        await new Promise((resolve) => {
          client.stream.once('drain', resolve);
        });
      }
    }
    client.raw('\r\n.\r\n');
    expect((await client.reply()).code).toBe(250);
    const [octets = 0, lines = 0] = (server.queue.queued[0]?.text ?? '').split(' ').map(Number);
    const count = Math.ceil(SIZE / part.length) * Math.ceil(65_536 / line.length);
    const ends = line.endsWith('\r\n');
    const plain = line.replace('\r\n', '\n').replace(/^\./, '').length * count;
    expect(octets - plain).toBeGreaterThan(100);
    expect(octets - plain).toBeLessThan(1000);
    expect(lines).toBeGreaterThanOrEqual(ends ? count : 4);
    await client.quit();
  });
});

describe('single octets', () => {
  it('are as good as one chunk', () => {
    const text = `${ENVELOPE}DATA\r\n${`${'x'.repeat(70)}\r\n..\r\n`.repeat(3000)}.\r\nQUIT\r\n`;
    const played = play(singles(text));
    expect(played.queued[0]?.text).toBe(`${'x'.repeat(70)}\n.\n`.repeat(3000));
    expect(played.replies.at(-1)).toBe('221 2.0.0 Bye');
  });
});
