/**
 * One message over one connection. From the first octet on there is no other server: whatever goes wrong here leaves it
 * open whether the message was taken, and only an answer settles that. Knows nothing of server lists and of outcomes.
 */
import type { Socket } from 'node:net';
import { answerReader } from './answer.js';
import type { Answer } from './answer.js';
import type { HeldMessage } from './held-message.js';
import type { Frame } from './request.js';

export interface ExchangeLimits {
  /** Milliseconds without an octet in either direction. */
  readonly timeout: number;
  /** Milliseconds for all of it. */
  readonly exchangeTimeout: number;
}

/** What the server said, or in words why it said nothing that counts. */
export type Exchanged = Answer | string;

export async function exchange(
  socket: Socket,
  frame: Frame,
  message: HeldMessage,
  limits: ExchangeLimits,
  signal: AbortSignal,
): Promise<Exchanged> {
  let sent = false;
  const conversation = listen(socket, limits, signal, () => sent);
  try {
    if (message.bytes !== undefined) {
      sent = true;
      // One write and one segment where it fits.
      socket.cork();
      for (const part of [frame.head, message.bytes, frame.tail]) socket.write(part);
      socket.uncork();
    } else {
      socket.write(frame.head);
      for await (const block of message.blocks()) {
        await write(socket, block, conversation.over);
        if (conversation.settled()) break;
      }
      if (!conversation.settled()) {
        sent = true;
        socket.write(frame.tail);
      }
    }
    return await conversation.result;
  } finally {
    conversation.close();
    socket.destroy();
  }
}

/** Resolves when the block may be used again, or when the conversation is over. */
async function write(socket: Socket, block: Uint8Array, over: Promise<void>): Promise<void> {
  await Promise.race([new Promise<void>((resolve) => socket.write(block, () => resolve())), over]);
}

interface Conversation {
  readonly result: Promise<Exchanged>;
  /** Resolves with `result`. */
  readonly over: Promise<void>;
  settled(): boolean;
  close(): void;
}

function listen(socket: Socket, limits: ExchangeLimits, signal: AbortSignal, sent: () => boolean): Conversation {
  const reader = answerReader();
  let settled = false;
  let settle: (result: Exchanged) => void = () => undefined;
  const result = new Promise<Exchanged>((resolve) => {
    settle = (value) => {
      settled = true;
      resolve(value);
    };
  });
  /** What has come may already be an answer: then how the connection ended does not matter. */
  const finish = (cause: string): void => settle(reader.answer ?? cause);

  const onAbort = (): void => finish('the server is ending');
  const deadline = setTimeout(() => finish(`no end within ${limits.exchangeTimeout} ms`), limits.exchangeTimeout);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.setTimeout(limits.timeout);
  socket.on('timeout', () => finish(`nothing sent or received for ${limits.timeout} ms`));
  socket.on('error', (error: NodeJS.ErrnoException) => finish(`connection lost: ${error.code ?? error.message}`));
  socket.on('end', () => finish('connection closed without an answer'));
  socket.on('close', () => finish('connection closed without an answer'));
  socket.on('data', (octets: Buffer) => {
    reader.push(octets);
    // Nobody can have a message that was not sent to its end: not even one who says so.
    if (reader.answer?.verb === 'K' && !sent()) settle('accepted before the message was sent');
    else if (reader.complete) finish('');
    else if (reader.malformed) finish('the answer is not QMQP');
  });
  // It may have been aborted while the connection was made.
  if (signal.aborted) onAbort();

  return {
    result,
    over: result.then(() => undefined),
    settled: () => settled,
    close() {
      clearTimeout(deadline);
      signal.removeEventListener('abort', onAbort);
      socket.setTimeout(0);
    },
  };
}
