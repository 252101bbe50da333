import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { connectSmtp, issueCertificate } from '../src/index.js';

const servers: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

it.each(['plain', 'implicit'] as const)('a reset over %s arrives as ECONNRESET', async (kind) => {
  const seen = new Promise<string>((resolve) => {
    const serve = (socket: Socket): void => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on('end', () => resolve('end'));
      socket.resume();
      socket.write('220 toy\r\n');
    };
    void (async () => {
      const server =
        kind === 'plain'
          ? createServer(serve)
          : createTlsServer(await issueCertificate(), serve as (socket: unknown) => void);
      servers.push(server);
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        void connectSmtp({ port, ...(kind === 'implicit' ? { tls: 'implicit' } : {}) }).then(async (client) => {
          await client.reply();
          client.reset();
        });
      });
    })();
  });
  expect(await seen).toBe('ECONNRESET');
});
