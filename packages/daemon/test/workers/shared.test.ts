import { throttle } from '@postern/core';
import { describe, expect, it } from 'vitest';
import { bulletin } from '../../src/workers/bulletin.js';
import type { Channel, Gossip } from '../../src/workers/channel.js';
import { sharedAttempts } from '../../src/workers/shared-attempts.js';
import { sharedConnections } from '../../src/workers/shared-connections.js';

/** Channels of so many workers, joined without processes. */
function joined(count: number): { channels: Channel[]; sent: Gossip[] } {
  const listeners: ((gossip: Gossip) => void)[][] = Array.from({ length: count }, () => []);
  const sent: Gossip[] = [];
  const channels = listeners.map((own, i): Channel => ({
    send(gossip) {
      sent.push(gossip);
      listeners.forEach((theirs, j) => {
        if (i !== j) for (const listener of theirs) listener(gossip);
      });
    },
    receive: (listener) => void own.push(listener),
  }));
  return { channels, sent };
}

const attemptsOf = (channel: Channel) =>
  sharedAttempts(throttle({ perAddress: 4, perLogin: 2, window: 1000, clock: { now: () => 0 } }), channel);

describe('sharedAttempts', () => {
  it('blocks in every worker what failed in several', async () => {
    const { channels } = joined(3);
    const [a, b, c] = channels.map(attemptsOf) as [
      ReturnType<typeof attemptsOf>,
      ReturnType<typeof attemptsOf>,
      ReturnType<typeof attemptsOf>,
    ];
    await a.failed('192.0.2.1', 'alice');
    expect(await c.blocked('192.0.2.9', 'alice')).toBe(false);
    await b.failed('192.0.2.2', 'alice');
    for (const worker of [a, b, c]) expect(await worker.blocked('192.0.2.9', 'alice')).toBe(true);
    await c.succeeded('192.0.2.3', 'alice');
    for (const worker of [a, b, c]) expect(await worker.blocked('192.0.2.9', 'alice')).toBe(false);
  });

  it('tells nobody of a success that clears nothing', async () => {
    const { channels, sent } = joined(2);
    await attemptsOf(channels[0]!).succeeded('192.0.2.1', 'alice');
    expect(sent).toEqual([]);
  });
});

describe('sharedConnections', () => {
  it('holds total and per-address limits across workers', () => {
    const { channels } = joined(2);
    const [a, b] = channels.map((channel) => sharedConnections({ total: 3, perAddress: 2, channel }));
    const first = a?.enter('192.0.2.1');
    expect(b?.enter('192.0.2.1')).toBeDefined();
    expect(a?.enter('192.0.2.1')).toBeUndefined();
    expect(b?.enter('192.0.2.1')).toBeUndefined();
    expect(b?.enter('192.0.2.2')).toBeDefined();
    expect(a?.enter('192.0.2.3')).toBeUndefined();
    first?.leave();
    first?.leave();
    expect(b?.enter('192.0.2.1')).toBeDefined();
    expect(b?.enter('192.0.2.1')).toBeUndefined();
  });

  it('gathers changes while far from the limits, and tells at once near them', () => {
    const { channels, sent } = joined(2);
    const flushes: (() => void)[] = [];
    const limits = sharedConnections({
      total: 100,
      perAddress: 20,
      channel: channels[0]!,
      later: (flush) => flushes.push(flush),
    });
    const places = Array.from({ length: 4 }, () => limits.enter('192.0.2.1'));
    expect(sent).toEqual([]);
    flushes.splice(0).forEach((flush) => flush());
    expect(sent).toEqual([{ tell: 'connections', changes: [['192.0.2.1', 4]] }]);
    limits.enter('192.0.2.1');
    expect(sent).toHaveLength(2);
    places[0]?.leave();
    expect(sent).toHaveLength(3);
  });
});

describe('bulletin', () => {
  it('tells a new worker how things stand, and buries a dead one', () => {
    let now = 0;
    const board = bulletin(1000, () => now);
    board.heard(1, { tell: 'failed', address: '192.0.2.1', login: 'old' });
    now = 1500;
    board.heard(1, { tell: 'failed', address: '192.0.2.1', login: 'alice' });
    board.heard(1, {
      tell: 'connections',
      changes: [
        ['192.0.2.1', 3],
        ['192.0.2.2', 1],
      ],
    });
    board.heard(1, { tell: 'connections', changes: [['192.0.2.2', -1]] });
    board.heard(2, { tell: 'connections', changes: [['192.0.2.1', 2]] });
    expect(board.news()).toEqual([
      { tell: 'failed', address: '192.0.2.1', login: 'alice' },
      { tell: 'connections', changes: [['192.0.2.1', 5]] },
    ]);
    expect(board.buried(1)).toEqual({ tell: 'connections', changes: [['192.0.2.1', -3]] });
    expect(board.buried(1)).toBeUndefined();
    board.heard(2, { tell: 'succeeded', address: '192.0.2.1', login: 'alice' });
    expect(board.news()).toEqual([
      { tell: 'failed', address: '192.0.2.1', login: '' },
      { tell: 'connections', changes: [['192.0.2.1', 2]] },
    ]);
  });
});
