/**
 * One connection to Dovecot's socket, shared by any number of requests. Knows no mechanism and no verdict.
 *
 * What it does not get past: an answer for every open request. When the connection ends, each gets `lost`.
 */
import { randomInt } from 'node:crypto';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { cancelLine, helloLines, readLine } from './protocol.js';
import type { Answer, ListedMechanism, ServerLine } from './protocol.js';

export type AnswerOrLoss = Answer | { readonly kind: 'lost'; readonly cause: string };

export interface AuthConnection {
  readonly mechanisms: readonly ListedMechanism[];
  readonly alive: boolean;
  /** A number that no other request of this connection has. */
  newId(): number;
  /** Sends a line of the request `id` and waits for what comes back for it. One at a time for each id. Never rejects. */
  ask(id: number, line: string): Promise<AnswerOrLoss>;
  /** Nobody wants to know any more. */
  cancel(id: number): void;
  close(): void;
}

// A server that sends no line end must not fill the memory.
const LONGEST_LINE = 65_536;

/**
 * Connects and waits for the end of the handshake. @throws Error if there is none within `connectTime` milliseconds.
 *
 * @param ended called once, when a connection that stood is gone
 */
export function openConnection(
  path: string,
  connectTime: number,
  ended: (cause: string) => void,
): Promise<AuthConnection> {
  return new Promise((resolve, reject) => {
    const mechanisms: ListedMechanism[] = [];
    const open = new Map<number, (answer: AnswerOrLoss) => void>();
    let state: 'handshake' | 'ready' | 'gone' = 'handshake';
    let lastId = 0;
    const socket: Socket = createConnection({ path });
    const timer = setTimeout(() => fail(`no handshake within ${connectTime} ms`), connectTime);

    const fail = (why: string): void => {
      if (state === 'gone') return;
      const stood = state === 'ready';
      state = 'gone';
      clearTimeout(timer);
      socket.destroy();
      const cause = `${path}: ${why}`;
      for (const settle of open.values()) settle({ kind: 'lost', cause });
      open.clear();
      if (stood) ended(cause);
      else reject(new Error(cause));
    };

    const take = (line: ServerLine): void => {
      switch (line.line) {
        case 'version':
          // Only the major number has to agree.
          if (line.major !== 1) fail(`it speaks protocol version ${line.major}`);
          return;
        case 'mechanism':
          mechanisms.push(line.mechanism);
          return;
        case 'done':
          // The lines before it come in no fixed order, and may be spread over several reads.
          if (state !== 'handshake') return;
          state = 'ready';
          clearTimeout(timer);
          // An idle connection does not keep a process alive; an open question has a timer that does.
          socket.unref();
          resolve(connection);
          return;
        case 'answer': {
          const settle = open.get(line.id);
          open.delete(line.id);
          settle?.(line.answer);
          return;
        }
        case 'unknown':
      }
    };

    const connection: AuthConnection = {
      mechanisms,
      get alive() {
        return state === 'ready';
      },
      newId() {
        // 32 bits, never 0.
        lastId = lastId >= 0xffff_fffe ? 1 : lastId + 1;
        return lastId;
      },
      ask(id, line) {
        if (state !== 'ready') return Promise.resolve({ kind: 'lost', cause: `${path}: connection closed` });
        return new Promise((settle) => {
          open.set(id, settle);
          socket.write(line);
        });
      },
      cancel(id) {
        open.delete(id);
        if (state === 'ready') socket.write(cancelLine(id));
      },
      close: () => fail('closed by us'),
    };

    let rest = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(helloLines(randomInt(1, 0x7fff_ffff))));
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (state !== 'gone') take(readLine(line));
      if (rest.length > LONGEST_LINE) fail('it sent a line without an end');
    });
    // ENOENT, EACCES, ECONNREFUSED, EPIPE, ECONNRESET: whichever, the end is the same.
    socket.on('error', (error) => fail(error.message));
    socket.on('end', () => fail('it closed the connection'));
    socket.on('close', () => fail('connection closed'));
  });
}
