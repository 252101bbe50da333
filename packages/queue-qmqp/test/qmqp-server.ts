/** A QMQP server in this process: an honest one that keeps what it gets, or one with chosen faults. */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

export interface Received {
  readonly message: Buffer;
  readonly sender: string;
  readonly recipients: readonly string[];
}

export interface QmqpServer {
  readonly port: number;
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly received: readonly Received[];
  /** Connections accepted so far, and the most that waited for an answer at one time. */
  readonly connections: () => number;
  readonly mostAtOnce: () => number;
  close(): Promise<void>;
}

export interface Behaviour {
  /** Called with each connection instead of being honest. */
  readonly onConnection?: (socket: Socket) => void;
  /** What an honest one answers; default `Kok 1700000000 qp <n>`. */
  readonly answer?: (received: Received, count: number) => string;
}

export const netstring = (text: string | Buffer): Buffer => {
  const octets = Buffer.from(text as string);
  return Buffer.concat([Buffer.from(`${octets.length}:`), octets, Buffer.from(',')]);
};

/** One netstring at the start of `octets`; undefined if it is not whole yet. @throws Error if it is none. */
export function readNetstring(octets: Buffer): { content: Buffer; rest: Buffer } | undefined {
  const colon = octets.indexOf(':');
  if (colon < 0) return undefined;
  const digits = octets.subarray(0, colon).toString('latin1');
  if (!/^(0|[1-9]\d*)$/.test(digits)) throw new Error(`not a length: ${digits}`);
  const end = colon + 1 + Number(digits);
  if (octets.length <= end) return undefined;
  if (octets[end] !== 0x2c) throw new Error('no comma');
  return { content: octets.subarray(colon + 1, end), rest: octets.subarray(end + 1) };
}

/** The whole of what a client sends, as a server has to understand it. */
export function parseRequest(octets: Buffer): Received | undefined {
  const outer = readNetstring(octets);
  if (outer === undefined) return undefined;
  if (outer.rest.length > 0) throw new Error('octets behind the request');
  const parts: Buffer[] = [];
  for (let rest = outer.content; rest.length > 0;) {
    const part = readNetstring(rest);
    if (part === undefined) throw new Error('an inner netstring is cut off');
    parts.push(part.content);
    rest = part.rest;
  }
  const [message, sender, ...recipients] = parts;
  if (message === undefined || sender === undefined || recipients.length === 0) throw new Error('parts are missing');
  return { message, sender: sender.toString(), recipients: recipients.map(String) };
}

export async function startQmqpServer(behaviour: Behaviour = {}): Promise<QmqpServer> {
  const received: Received[] = [];
  const open = new Set<Socket>();
  const unanswered = new Set<Socket>();
  let connections = 0;
  let most = 0;
  const honest = (socket: Socket): void => {
    let size = 0;
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      const start = Buffer.concat(chunks.slice(0, 2)).subarray(0, 20).toString('latin1');
      if (size < Number.parseInt(start, 10) + start.indexOf(':') + 2) return;
      const request = parseRequest(Buffer.concat(chunks));
      if (request === undefined) return;
      received.push(request);
      unanswered.delete(socket);
      const count = received.length;
      socket.end(netstring(behaviour.answer?.(request, count) ?? `Kok 1700000000 qp ${count}`));
    });
  };
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    unanswered.add(socket);
    most = Math.max(most, unanswered.size);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      unanswered.delete(socket);
    });
    (behaviour.onConnection ?? honest)(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    address: `127.0.0.1:${port}`,
    received,
    connections: () => connections,
    mostAtOnce: () => most,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
