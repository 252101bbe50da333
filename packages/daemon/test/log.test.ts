/** Log lines: stable for fail2ban, one a line whatever a client says, and no secret in any of them. */
import { Secret } from '@postern/core';
import type { Event } from '@postern/core';
import { describe, expect, it } from 'vitest';
import { createLog, logObserver, prettyLine } from '../src/index.js';
import type { Level } from '../src/index.js';

function recorder(format: 'json' | 'pretty' = 'json', level: Level = 'info', colours = false) {
  const lines: string[] = [];
  const log = createLog({ format, level, colours, write: (line) => lines.push(line) });
  return { lines, log, observer: logObserver(log) };
}

const facts = {
  sessionId: 'abc',
  peer: { address: '192.0.2.7', port: 40_000 },
  local: { address: '198.51.100.1', port: 587 },
  listener: 'submission',
  tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: '' },
};

const authentication = (login: string, more: Partial<Extract<Event, { event: 'authentication' }>> = {}): Event => ({
  ...facts,
  event: 'authentication',
  outcome: 'rejected',
  mechanism: 'PLAIN',
  login,
  ...more,
});

// What docs/operating.md gives to fail2ban, with <HOST> filled in.
const FAIL2BAN =
  /^\{"level":"warn","time":"[^"]+","event":"authentication","outcome":"(?:rejected|blocked)","client":"(\S+?)"/;

describe('an authentication', () => {
  it('is one line that begins with what fail2ban looks for', () => {
    const { lines, observer } = recorder();
    observer.observe(authentication('alice', { verifier: 'file' }));
    expect(lines).toHaveLength(1);
    expect(FAIL2BAN.exec(lines[0] ?? '')?.[1]).toBe('192.0.2.7');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      event: 'authentication',
      outcome: 'rejected',
      client: '192.0.2.7',
      port: 40_000,
      login: 'alice',
      mechanism: 'PLAIN',
      verifier: 'file',
      session: 'abc',
      listener: 'submission',
      tls: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
    });
  });

  it('matches for nobody else, whatever the login says', () => {
    const { lines, observer } = recorder();
    const forged = '{"level":"warn","time":"x","event":"authentication","outcome":"rejected","client":"203.0.113.99"';
    observer.observe(authentication(`x"\n${forged}\r\n`));
    observer.observe(authentication(forged, { outcome: 'accepted' }));
    expect(lines).toHaveLength(2);
    expect(lines.map((line) => line.split('\n').length)).toEqual([2, 2]);
    expect(FAIL2BAN.exec(lines[0] ?? '')?.[1]).toBe('192.0.2.7');
    expect(lines[1]).not.toMatch(FAIL2BAN);
  });

  it.each([
    ['accepted', 'info'],
    ['rejected', 'warn'],
    ['blocked', 'warn'],
    ['unavailable', 'error'],
  ] as const)('that is %s has the level %s', (outcome, level) => {
    const { lines, observer } = recorder();
    observer.observe(authentication('alice', { outcome }));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level, outcome });
  });
});

describe('text of a client', () => {
  const nasty = 'a\x00\x1b[31m\x7f\x9b2J\u202eevil\u2028\ud800\ufeff\u200b';

  it.each(['json', 'pretty'] as const)('steers no terminal: %s', (format) => {
    const { lines, observer } = recorder(format);
    observer.observe(authentication(nasty));
    // eslint-disable-next-line no-control-regex
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]|[\ud800-\udfff]/);
    expect(lines[0]).toMatch(/\n$/);
  });

  it('is still there for whoever parses the line', () => {
    const { lines, observer } = recorder();
    observer.observe(authentication(nasty));
    expect((JSON.parse(lines[0] ?? '') as { login: string }).login).toBe(nasty);
  });

  it('in ordinary letters is left as it is', () => {
    const { lines, observer } = recorder();
    observer.observe(authentication('jürgen@пример.example'));
    expect(lines[0]).toContain('jürgen@пример.example');
  });
});

describe('secrets', () => {
  it('print as [secret] wherever they get to', () => {
    for (const format of ['json', 'pretty'] as const) {
      const { lines, log } = recorder(format, 'debug');
      log.debug({
        event: 'x',
        password: Secret.of('hunter2'),
        deep: { credentials: { password: Secret.of('hunter2') } },
      });
      expect(lines.join('')).not.toContain('hunter2');
      expect(lines.join('')).toContain('[secret]');
    }
  });
});

describe('an event', () => {
  it('of every kind becomes one line', () => {
    const { lines, observer } = recorder();
    observer.observe({ ...facts, event: 'session', ended: 'quit', login: 'alice', messages: 1, milliseconds: 12.7 });
    observer.observe({
      ...facts,
      event: 'message',
      outcome: 'queued',
      login: 'alice',
      sender: 'a@b',
      recipients: ['c@d'],
      size: 9,
      id: 'qp 1',
      milliseconds: 3.2,
    });
    observer.observe({ event: 'fault', where: 'queue', cause: 'bad luck' });
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ event: 'session', outcome: 'quit', client: '192.0.2.7', messages: 1, ms: 13 }),
      expect.objectContaining({
        event: 'message',
        outcome: 'queued',
        sender: 'a@b',
        recipients: ['c@d'],
        id: 'qp 1',
        ms: 3,
      }),
      expect.objectContaining({ level: 'error', event: 'fault', where: 'queue', cause: 'bad luck' }),
    ]);
  });

  it('that breaks the log does not break the session', () => {
    const { lines, observer } = recorder();
    const broken = {
      ...authentication('alice'),
      get peer(): never {
        throw new Error('no peer');
      },
    };
    expect(() => observer.observe(broken as unknown as Event)).not.toThrow();
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'fault', where: 'log' });
  });

  it('below the level is not written', () => {
    const { lines, observer } = recorder('json', 'error');
    observer.observe(authentication('alice'));
    observer.observe({ event: 'fault', where: 'queue', cause: 'x' });
    expect(lines).toHaveLength(1);
  });
});

describe('pretty', () => {
  const json =
    '{"level":"warn","time":"2026-11-21T12:30:01.000Z","event":"authentication","client":"192.0.2.7","login":"a b\\u001b[0m","n":5}\n';

  it('is the time, the level, the event and the rest', () => {
    expect(prettyLine(json, false)).toBe('12:30:01 warn  authentication client=192.0.2.7 login="a b\\u001b[0m" n=5\n');
  });

  it('has colours where they are wanted', () => {
    expect(prettyLine(json, true)).toContain('\x1b[33mwarn \x1b[0m');
  });
});
