import { describe, expect, it } from 'vitest';
import { Environments } from '../../src/queue/session-variables.js';
import type { QueueContext } from '../../src/ports/queue.js';

const LOCAL = { address: '192.0.2.9', port: 587 };

const context = (peer: QueueContext['peer'], login?: string, local = LOCAL): QueueContext => ({
  sessionId: 's',
  listener: 'l',
  peer,
  local,
  signal: new AbortController().signal,
  ...(login === undefined ? {} : { identity: { login } }),
});

describe('the environments of a queue', () => {
  it('are made once for a connection, and again when its client has logged in', () => {
    const environments = new Environments({ PATH: '/bin' });
    const peer = { address: '192.0.2.1', port: 4000 };
    const before = environments.of(context(peer));
    expect(before).toEqual({
      PATH: '/bin',
      PROTO: 'TCP',
      TCPREMOTEIP: '192.0.2.1',
      TCPREMOTEPORT: '4000',
      TCPLOCALIP: '192.0.2.9',
      TCPLOCALPORT: '587',
    });
    expect(environments.of(context(peer))).toBe(before);
    const after = environments.of(context(peer, 'alice'));
    expect(after).toEqual({ ...before, RELAYCLIENT: '' });
    expect(environments.of(context(peer, 'alice'))).toBe(after);
  });

  it('are another where the same client has come to another port', () => {
    const environments = new Environments({});
    const peer = { address: '192.0.2.1', port: 4000 };
    environments.of(context(peer, 'alice'));
    const second = environments.of(context(peer, 'alice', { address: '192.0.2.9', port: 465 }));
    expect(second['TCPLOCALPORT']).toBe('465');
  });

  it('are another for another connection from the same port', () => {
    const environments = new Environments({});
    const first = environments.of(context({ address: '192.0.2.1', port: 4000 }, 'alice'));
    const second = environments.of(context({ address: '192.0.2.2', port: 4000 }));
    expect(first['TCPREMOTEIP']).toBe('192.0.2.1');
    expect(second).toMatchObject({ TCPREMOTEIP: '192.0.2.2' });
    expect(second).not.toHaveProperty('RELAYCLIENT');
  });
});
