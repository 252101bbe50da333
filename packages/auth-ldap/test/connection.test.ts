import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isOneMessage, openDirectory } from '../src/connection.js';

describe('openDirectory', () => {
  it('has one connection in its life: what is asked after its end is not asked on another', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      // A bind that succeeds, for message 2.
      socket.once('data', (octets) =>
        socket.write(Buffer.from([0x30, 12, 2, 1, octets[4] ?? 0, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0])),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const directory = await openDirectory({ host: '127.0.0.1', port, tls: 'none', tlsOptions: {}, connectTime: 1000 });
    await directory.client.bind('cn=x', 'secret');
    expect(directory.alive).toBe(true);
    const gone = new Promise<void>((resolve) => directory.onGone(resolve));
    for (const socket of sockets) socket.destroy();
    await gone;
    expect(directory.alive).toBe(false);
    await expect(directory.client.bind('cn=x', 'secret')).rejects.toThrow('connection lost');
    expect(sockets).toHaveLength(1);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('isOneMessage', () => {
  const long = Buffer.concat([Buffer.from([0x30, 0x82, 1, 0]), Buffer.alloc(256)]);
  it.each([
    ['short', Buffer.from([0x30, 3, 2, 1, 1]), true],
    ['long', long, true],
    ['nothing', Buffer.alloc(0), false],
    ['one octet', Buffer.from([0x30]), false],
    ['half of one', Buffer.from([0x30, 3, 2, 1]), false],
    ['half of a length', Buffer.from([0x30, 0x82, 1]), false],
    ['one and the beginning of another', Buffer.from([0x30, 3, 2, 1, 1, 0x30]), false],
    ['long and more', Buffer.concat([long, Buffer.from([0])]), false],
    ['indefinite', Buffer.from([0x30, 0x80, 0, 0]), false],
    ['something else', Buffer.from([0x31, 3, 2, 1, 1]), false],
  ])('%s: %s', (_name, octets, expected) => {
    expect(isOneMessage(octets)).toBe(expected);
  });
});
