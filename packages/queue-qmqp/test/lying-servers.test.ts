/** Servers that do what a server must not do. None of it may end in `queued`, none of it may hang, none may throw. */
import type { Socket } from 'node:net';
import { queueContext } from '@postern/core/contract';
import { describe, expect, it } from 'vitest';
import { qmqp } from '../src/index.js';
import type { QmqpOptions } from '../src/index.js';
import { envelope, HELLO, message } from './fixture.js';
import { startQmqpServer } from './qmqp-server.js';

type Result = Awaited<ReturnType<ReturnType<typeof qmqp>['submit']>>;

async function against(
  onConnection: (socket: Socket) => void,
  options: Partial<QmqpOptions> = {},
  chunks: readonly (string | Uint8Array)[] = [HELLO],
  signal?: AbortSignal,
): Promise<Result> {
  const server = await startQmqpServer({ onConnection });
  try {
    return await qmqp({ servers: [server.address], ...options }).submit(
      envelope(),
      message(...chunks),
      queueContext(signal),
    );
  } finally {
    await server.close();
  }
}

const afterAll =
  (action: (socket: Socket) => void) =>
  (socket: Socket): void => {
    let last = '';
    socket.on('data', (chunk: Buffer) => {
      last = (last + chunk.toString('latin1')).slice(-2);
      if (last === ',,') action(socket);
    });
  };

const LARGE = Array.from({ length: 64 }, () => Buffer.alloc(65_536, 'x'));

describe('a server that', () => {
  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['closes at once', (socket) => socket.end(), /closed|lost/],
    ['closes after the request', afterAll((socket) => socket.end()), /closed without an answer/],
    ['closes in the middle of a length', afterAll((socket) => socket.end('1')), /closed without an answer/],
    ['closes before the outcome', afterAll((socket) => socket.end('3:')), /closed without an answer/],
    ['speaks SMTP', (socket) => socket.write('220 mail.example.com ESMTP\r\n'), /not QMQP/],
    ['speaks HTTP', afterAll((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')), /not QMQP/],
    ['knows another outcome', afterAll((socket) => socket.end('3:Xok,')), /not QMQP/],
    ['says an empty netstring', afterAll((socket) => socket.end('0:,')), /not QMQP/],
    ['never stops its length', afterAll((socket) => socket.write('1'.repeat(100_000))), /not QMQP/],
  ])('%s', async (_what, behave, cause) => {
    const result = await against(behave);
    expect(result).toMatchObject({ outcome: 'deferred', status: [4, 2] });
    expect(result).not.toHaveProperty('text');
    expect((result as { cause: string }).cause).toMatch(cause);
  });

  it('resets at once, which may look like no connection at all', async () => {
    const result = await against((socket) => socket.resetAndDestroy());
    expect(result.outcome).toBe('deferred');
    expect((result as { cause: string }).cause).toMatch(/ECONNRESET|EPIPE|closed/);
  });

  it('accepts before the message was sent', async () => {
    const result = await against((socket) => socket.write('3:Kok,'), { memory: 1000, timeout: 2000 }, LARGE);
    expect(result).toMatchObject({ outcome: 'deferred' });
    expect((result as { cause: string }).cause).toMatch(/before the message was sent/);
  });

  it('refuses before the message was sent', async () => {
    const result = await against((socket) => socket.end('11:Dtoo large!,'), { memory: 1000 }, LARGE);
    expect(result).toMatchObject({ outcome: 'refused', text: 'too large!' });
  });

  it('is silent', async () => {
    const result = await against((socket) => socket.resume(), { timeout: 100 });
    expect((result as { cause: string }).cause).toMatch(/nothing sent or received for 100 ms/);
    expect(result.outcome).toBe('deferred');
  });

  it.each([
    ['in memory', 2 ** 23],
    ['in a file', 1000],
  ])('never reads: %s', async (_where, memory) => {
    const result = await against((socket) => socket.pause(), { timeout: 200, memory }, LARGE);
    expect(result).toMatchObject({ outcome: 'deferred' });
    expect((result as { cause: string }).cause).toMatch(/nothing sent or received/);
  });

  it('sends one octet of text at a time, for ever', async () => {
    const timers: NodeJS.Timeout[] = [];
    const result = await against(
      afterAll((socket) => {
        socket.write('900:Z');
        timers.push(setInterval(() => socket.write('x'), 10));
      }),
      { timeout: 1000, exchangeTimeout: 300 },
    );
    timers.forEach(clearInterval);
    expect(result).toMatchObject({ outcome: 'deferred' });
    expect((result as { text: string }).text).toMatch(/^x+$/);
  });

  it('loses its text after it has accepted: the message is there, a second copy would be wrong', async () => {
    const result = await against(afterAll((socket) => socket.end('20:Kok 1700')));
    expect(result).toEqual({ outcome: 'queued', id: '1700' });
  });

  it('answers in single octets', async () => {
    const result = await against(
      afterAll((socket) => {
        const said = '14:Kok 1700 qp 22,'.split('');
        const timer = setInterval(() => {
          const next = said.shift();
          if (next === undefined) clearInterval(timer);
          else socket.write(next);
        }, 2);
      }),
    );
    expect(result).toEqual({ outcome: 'queued', id: '1700 qp 22' });
  });

  it('is waited for when the server must end', async () => {
    const controller = new AbortController();
    const result = await against(
      afterAll(() => controller.abort()),
      {},
      [HELLO],
      controller.signal,
    );
    expect(result).toMatchObject({ outcome: 'deferred' });
    expect((result as { cause: string }).cause).toMatch(/server is ending/);
  });

  it('makes a text that is not for clients', async () => {
    const result = await against(afterAll((socket) => socket.end('20:Dno\r\n250 ok\r\n\x00\xff\x1b[2J\n,')));
    expect((result as { text: string }).text).toMatch(/^[\x20-\x7e]+$/);
  });
});
