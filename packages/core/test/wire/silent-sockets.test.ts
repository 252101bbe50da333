/** Sockets count from accept, before PROXY and handshake: silent ones cannot keep clients out (pitfall 15). */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connectSmtp, waitFor } from '@postern/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loggedIn, startWire } from './wire-server.js';

function silent(port: number, count: number): Socket[] {
  const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1' }));
  for (const socket of sockets) socket.on('error', () => undefined);
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return sockets;
}

const FULL = '421 4.3.2 Too many connections, try again later\r\n';

describe('silent sockets', () => {
  it('a thousand on the TLS port are gone in time, and a real client gets in', async () => {
    const { implicit, server, sessions } = await startWire({
      timeouts: { handshake: 5000 },
      limits: { unauthenticatedConnections: 2000 },
    });
    silent(implicit.port, 1000);
    await waitFor('a thousand connections', () => server.connections === 1000);
    const client = await loggedIn(implicit);
    expect((await client.deliver('a@example.com', ['b@example.net'], 'Subject: x\n\n')).code).toBe(250);
    await client.quit();
    await waitFor('the end of all of them', () => server.connections === 0, 25_000);
    expect(await sessions(1001)).toHaveLength(1001);
  });

  it('fill the places of clients without a login, and those alone', async () => {
    const { starttls, implicit, server, sessions } = await startWire({ limits: { unauthenticatedConnections: 5 } });
    const known = await loggedIn(implicit);
    const others = silent(starttls.port, 5);
    await waitFor('six connections', () => server.connections === 6);
    const late = await connectSmtp(starttls);
    await late.closed();
    expect(late.received).toBe(FULL);
    // One that has logged in needs no place any more.
    expect((await known.command('NOOP')).code).toBe(250);
    others[0]?.destroy();
    await sessions(2);
    const next = await loggedIn(implicit);
    await next.quit();
  });

  it('count in all, over every listener', async () => {
    const { plain, starttls, server } = await startWire({ limits: { connections: 4 } });
    silent(plain.port, 2);
    silent(starttls.port, 2);
    await waitFor('four connections', () => server.connections === 4);
    for (const target of [plain, starttls]) {
      const late = await connectSmtp(target);
      await late.closed();
      expect(late.received).toBe(FULL);
    }
  });

  it('count by address', async () => {
    const { plain, server, sessions } = await startWire({ limits: { connectionsPerAddress: 3 } });
    silent(plain.port, 3);
    await waitFor('three connections', () => server.connections === 3);
    const late = await connectSmtp(plain);
    await late.closed();
    expect(late.received).toBe(FULL);
    expect(await sessions(1)).toMatchObject([{ ended: 'too-many-connections', messages: 0 }]);
  });

  it('are told nothing where TLS comes first', async () => {
    const { implicit, server } = await startWire({ limits: { connections: 1 } });
    silent(implicit.port, 1);
    await waitFor('a connection', () => server.connections === 1);
    const late = await connectSmtp({ port: implicit.port });
    await late.closed();
    expect(late.received).toBe('');
  });

  it('give every place back', async () => {
    const { plain, server } = await startWire({ limits: { connections: 10, unauthenticatedConnections: 10 } });
    for (let round = 0; round < 20; round++) {
      const sockets = silent(plain.port, 10);
      await waitFor('ten connections', () => server.connections === 10);
      for (const socket of sockets) {
        if (round % 2 === 0) socket.destroy();
        else socket.resetAndDestroy();
      }
      await waitFor('no connection', () => server.connections === 0);
    }
  });
});
