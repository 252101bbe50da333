import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDialog, playDialog, tempDir, throwawayCa } from '../src/index.js';
import { toyServer } from './toy-server.js';
import type { ToyServer } from './toy-server.js';

let server: ToyServer;
beforeAll(async () => {
  server = await toyServer();
});
afterAll(() => server.close());

const play = (text: string, variables: Record<string, string> = {}) =>
  playDialog(`${text}\n`, { port: server.port, variables, timeoutMs: 2000 });

describe('a dialog that goes as written', () => {
  it('matches exact lines, beginnings and regular expressions', async () => {
    await play(
      'S: 220 toy ESMTP\nC: NOOP\nS: 250 ...\nC: NOOP\nS: /^250 \\d\\.0\\.0 ok$/\nC: QUIT\nS: 221 2.0.0 ...\n--- close',
    );
  });

  it('matches replies of several lines as a whole, line by line, and by what they hold', async () => {
    await play('S: 220 ...\nC: EHLO x\nS: 250 ...');
    await play('S: 220 ...\nC: EHLO x\nS: 250-toy\nS: 250 STARTTLS');
    await play('S: 220 ...\nC: EHLO x\nS: ...\nS: 250 STARTTLS');
    await play('S: 220 ...\nC: EHLO x\nS: ...');
    await play('S: 220 ...\nC: EHLO x\nS: /^250[ -]/\nS+ STARTTLS\nS! AUTH ...');
  });

  it('goes on inside TLS', async () => {
    const { caPem } = await throwawayCa();
    await playDialog(
      'S: 220 ...\nC: STARTTLS\nS: 220 ...\n--- tls\nC: EHLO x\nS: 250 ...\nS+ AUTH ...\nC: NOOP\nS: 250 ...',
      {
        port: server.port,
        ca: caPem,
      },
    );
  });

  it('sends bytes as they are written and variables as they are asked for', async () => {
    const from = server.received.length;
    await play(
      'S: 220 ...\nC<< NOOP\\r\\nNO\\x4fP\\r\\n\nS: 250 ...\nS: 250 ...\nC: X {b64:\\0{user}\\0{pass}} {ab*3}\nS: 502 ...',
      {
        user: 'alice',
        pass: 'wonder',
      },
    );
    expect(server.received.slice(from)).toEqual(['NOOP', 'NOOP', 'X AGFsaWNlAHdvbmRlcg== ababab']);
  });

  it('answers a CRAM-MD5 challenge', async () => {
    const from = server.received.length;
    await play('S: 220 ...\nC: AUTH CRAM-MD5\nS: 334 ...\nC: {cram}\nS: 502 ...', { user: 'alice', pass: 'wonder' });
    const answer = Buffer.from(server.received[from + 1] ?? '', 'base64').toString();
    expect(answer).toMatch(/^alice [0-9a-f]{32}$/);
  });

  it('half-closes, pauses and resets', async () => {
    await play('S: 220 ...\nC<< NO\n--- pause 20\nC<< OP\\r\\n\nS: 250 ...\n--- half-close\n--- close');
    await play('S: 220 ...\n--- reset');
  });
});

describe('a dialog that does not', () => {
  it.each([
    [
      'another reply',
      'S: 220 ...\nC: NOOP\nS: 251 ...',
      'dialog:3: S: 251 ...\n  expected "251 ..."\n  got      250 2.0.0 ok',
    ],
    ['a longer code', 'S: 22 ...', 'got      220 toy ESMTP'],
    [
      'a reply that is not looked at to its end',
      'S: 220 ...\nC: EHLO x\nS: 250-toy\nC: NOOP',
      'expected the end of the reply',
    ],
    ['one line where several came', 'S: 220 ...\nC: EHLO x\nS: 250 STARTTLS', 'got      250-toy'],
    ['a line that is missing', 'S: 220 ...\nC: EHLO x\nS: 250 ...\nS+ AUTH ...', 'expected a line "AUTH ..."'],
    ['a line that should not be', 'S: 220 ...\nC: EHLO x\nS: 250 ...\nS! STARTTLS', 'got      STARTTLS'],
    ['no close', 'S: 220 ...\n--- close', 'expected the end of the connection'],
    ['a close with something unread', 'S: 220 ...\nC: QUIT\n--- close', 'got      221 2.0.0 bye'],
    ['no reply', 'S: 220 ...\nS: 250 ...', 'expected "250 ..."'],
  ])('%s', async (_name, text, message) => {
    await expect(play(text)).rejects.toThrow(message);
  });

  it('names the file', async () => {
    const file = tempDir().write('greeting.dlg', '# the greeting\nS: 554 ...\n');
    await expect(playDialog(file, { port: server.port })).rejects.toThrow('greeting.dlg:2: S: 554 ...');
  });

  it('refuses unknown variables and lines', async () => {
    await expect(play('C: {nobody}')).rejects.toThrow('dialog:1: unknown variable {nobody}');
    expect(() => parseDialog('S: 220\nEHLO x\n', 'a.dlg')).toThrow('a.dlg:2: not a dialog line: EHLO x');
    await expect(play('S: /(/')).rejects.toThrow('not a regular expression');
  });
});

it('keeps settings for whoever plays the file', () => {
  const { settings, steps } = parseDialog('@ listener implicit\n@ queued 1\n\nC: NOOP');
  expect([...settings]).toEqual([
    ['listener', 'implicit'],
    ['queued', '1'],
  ]);
  expect(steps).toHaveLength(1);
});
