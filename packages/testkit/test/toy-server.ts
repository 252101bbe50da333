/** A toy SMTP server for the tests of the client side: just enough to answer a dialog, and as wrong as a test wants it. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { issueCertificate } from '../src/index.js';

export interface ToyServer {
  readonly port: number;
  readonly received: string[];
  close(): Promise<void>;
}

const CHALLENGE = Buffer.from('<1.2@toy>').toString('base64');

/** `keepsBuffered`: commands that came with STARTTLS are answered inside TLS, as faulty servers do. */
export async function toyServer({ keepsBuffered = false } = {}): Promise<ToyServer> {
  const { cert, key } = await issueCertificate();
  const received: string[] = [];
  const open = new Set<Socket>();
  const serve = (socket: Socket, secure: boolean, behind = ''): void => {
    let buffered = behind;
    socket.on('error', () => undefined);
    const answer = (line: string): string => {
      received.push(line);
      if (/^EHLO/i.test(line))
        return secure ? '250-toy\r\n250-PIPELINING\r\n250 AUTH PLAIN CRAM-MD5\r\n' : '250-toy\r\n250 STARTTLS\r\n';
      if (line === 'AUTH CRAM-MD5') return `334 ${CHALLENGE}\r\n`;
      if (line === 'QUIT') {
        setImmediate(() => socket.end());
        return '221 2.0.0 bye\r\n';
      }
      if (line.startsWith('NOOP')) return '250 2.0.0 ok\r\n';
      if (line === '') return '500 5.5.2 empty\r\n';
      return '502 5.5.1 what?\r\n';
    };
    const take = (): void => {
      for (let end = buffered.indexOf('\r\n'); end >= 0; end = buffered.indexOf('\r\n')) {
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        if (line === 'STARTTLS' && !secure) {
          socket.removeAllListeners('data');
          socket.write('220 2.0.0 go\r\n');
          const upgraded = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ cert, key }) });
          serve(upgraded, true, keepsBuffered ? buffered : '');
          return;
        }
        socket.write(answer(line));
      }
    };
    socket.on('data', (chunk: Buffer) => {
      buffered += chunk.toString('latin1');
      take();
    });
    socket.on('end', () => socket.end());
    if (secure) take();
    else socket.write('220 toy ESMTP\r\n');
  };
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    serve(socket, false);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    received,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
