/** Sockets that are opened and never say anything: counted and timed from accept, and a real client still gets in. */
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connectSmtp, waitFor } from '@postern/testkit';
import { openGate } from '../support/gate.js';
import type { Gate, Listener } from '../support/gate.js';

interface Silent {
  readonly sockets: readonly Socket[];
  open(): number;
  end(): void;
}

async function silent(gate: Gate, listener: Listener, count: number): Promise<Silent> {
  const gone = new Set<Socket>();
  const sockets = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve) => {
          const socket = createConnection({ port: gate.target(listener).port, host: '127.0.0.1' });
          const end = (): void => {
            gone.add(socket);
            resolve(socket);
          };
          socket.on('error', end);
          socket.on('close', end);
          socket.on('end', () => socket.destroy());
          socket.on('connect', () => resolve(socket));
          socket.resume();
        }),
    ),
  );
  return {
    sockets,
    open: () => sockets.length - gone.size,
    end: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function canLogIn(gate: Gate, listener: Listener): Promise<boolean> {
  try {
    const client = await gate.login(listener);
    await client.quit();
    return true;
  } catch {
    return false;
  }
}

describe('silent sockets', () => {
  it.each(['implicit', 'starttls'] as const)('a thousand of them on the %s port are gone in time', async (listener) => {
    const gate = await openGate({
      limits: { connections: 3000, 'connections-per-address': 3000, 'unauthenticated-connections': 3000 },
      timeouts: { handshake: '1s', greeting: '1s' },
    });
    const held = await silent(gate, listener, 1000);
    expect(await canLogIn(gate, listener)).toBe(true);
    await waitFor('the end of the silent sockets', () => held.open() === 0, 20_000);
    held.end();
    await gate.close();
  });

  it('from one address leave room for others', async () => {
    const gate = await openGate({ limits: { 'connections-per-address': 10 } });
    const held = await silent(gate, 'implicit', 30);
    await waitFor('the refusal of those over the limit', () => held.open() <= 10);
    // Another address of this host is another client.
    const client = await new Promise<boolean>((resolve) => {
      const socket = createConnection({
        port: gate.target('starttls').port,
        host: '127.0.0.1',
        localAddress: '127.0.0.2',
      });
      socket.on('error', () => resolve(false));
      socket.on('close', () => resolve(false));
      socket.once('data', (chunk: Buffer) => {
        resolve(chunk.toString().startsWith('220'));
        socket.destroy();
      });
    });
    expect(client).toBe(true);
    held.end();
    await waitFor('room again', () => canLogIn(gate, 'implicit'));
    await gate.close();
  });

  it('in all are bounded, and give their places back', async () => {
    const gate = await openGate({ limits: { connections: 20, 'connections-per-address': 1000 } });
    const held = await silent(gate, 'implicit', 60);
    await waitFor('the refusal of those over the limit', () => held.open() <= 20);
    held.end();
    await waitFor('room again', () => canLogIn(gate, 'implicit'));
    await gate.close();
  });

  it('that have not logged in are bounded on their own; those that have are not touched', async () => {
    const gate = await openGate({ limits: { 'unauthenticated-connections': 5, 'connections-per-address': 1000 } });
    const users = await Promise.all([1, 2, 3, 4].map(() => gate.login()));
    const held = await silent(gate, 'starttls', 30);
    await waitFor('the refusal of those over the limit', () => held.open() <= 5);
    for (const user of users) expect((await user.command('NOOP')).code).toBe(250);
    const refused = await connectSmtp(gate.target('starttls'));
    expect((await refused.reply()).code).toBe(421);
    refused.destroy();
    held.end();
    for (const user of users) user.destroy();
    await gate.close();
  });
});
