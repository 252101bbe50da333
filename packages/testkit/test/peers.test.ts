import { afterEach, describe, expect, it, vi } from 'vitest';
import { describePeer, findPeer, needPeer, readPeerRecord, tempDir } from '../src/index.js';
import type { PeerName, SkippableSuite } from '../src/index.js';

// No machine has it, so every machine can show what happens then.
const ABSENT = 'none-such' as PeerName;
vi.mock(import('node:fs'), async (importOriginal) => {
  const fs = await importOriginal();
  return {
    ...fs,
    accessSync: (path, mode) => {
      if (String(path).endsWith('/swaks')) throw new Error('not here');
      fs.accessSync(path, mode);
    },
  };
});

afterEach(() => vi.unstubAllEnvs());

describe('the finder of peers', () => {
  it('finds programs and knows their package', () => {
    const sh = findPeer('python3') ?? findPeer('openssl');
    expect(sh === undefined || sh.path.startsWith('/')).toBe(true);
    expect(findPeer('swaks')).toBeUndefined();
    expect(() => findPeer(ABSENT)).toThrow(TypeError);
  });

  it('skips a test with a reason, and writes it down', () => {
    const record = tempDir().file('record');
    vi.stubEnv('POSTERN_PEER_RECORD', record);
    vi.stubEnv('POSTERN_REQUIRE_PEERS', '');
    const skip = vi.fn(() => {
      throw new Error('skipped');
    });
    const test = { skip, task: { name: 'sends', file: { name: 'swaks.test.ts' } } };
    expect(() => needPeer(test, 'swaks')).toThrow('skipped');
    expect(skip).toHaveBeenCalledWith('swaks is not on this machine: apt-get install swaks');
    expect(readPeerRecord(record)).toEqual([{ peer: 'swaks', package: 'swaks', test: 'swaks.test.ts: sends' }]);
    expect(readPeerRecord(`${record}.none`)).toEqual([]);
  });

  it('fails where peers are required', () => {
    vi.stubEnv('POSTERN_REQUIRE_PEERS', '1');
    const skip = vi.fn(() => {
      throw new Error('skipped');
    });
    expect(() => needPeer({ skip }, 'swaks')).toThrow('POSTERN_REQUIRE_PEERS=1');
    expect(skip).not.toHaveBeenCalled();
  });

  it('skips a suite without running its body', () => {
    vi.stubEnv('POSTERN_REQUIRE_PEERS', '');
    const skip = vi.fn();
    const run = vi.fn();
    const body = vi.fn();
    describePeer(Object.assign(run, { skip }) as SkippableSuite, 'swaks', 'swaks over STARTTLS', body);
    expect(skip.mock.calls[0]?.[0]).toBe('swaks over STARTTLS (swaks is not on this machine: apt-get install swaks)');
    expect([run.mock.calls.length, body.mock.calls.length]).toEqual([0, 0]);
  });
});
