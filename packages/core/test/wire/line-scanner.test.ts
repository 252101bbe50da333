import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUTH_LINE, COMMAND_LINE, ENDLESS_LINE, LineScanner } from '../../src/wire/line-scanner.js';
import { singles } from './wire-session.js';

/** Every line, or what was found in its place. */
function read(chunks: readonly string[], exchange = false): string[] {
  const scanner = new LineScanner();
  const found: string[] = [];
  for (const chunk of chunks) {
    const input = Buffer.from(chunk, 'latin1');
    let at = 0;
    while (at < input.length) {
      const line = scanner.read(input, at, exchange);
      at = scanner.next;
      if (line === 'line') found.push(scanner.text);
      else if (line !== 'more') found.push(`<${line}>`);
    }
  }
  return found;
}

describe('the line scanner', () => {
  it('ends lines with CRLF or LF, wherever they are cut', () => {
    const text = 'EHLO a\r\nNOOP\n\r\nRSET\r\r\n\xff\0\r\n';
    const lines = ['EHLO a', 'NOOP', '', 'RSET\r', '\xff\0'];
    for (let at = 0; at <= text.length; at++) expect(read([text.slice(0, at), text.slice(at)])).toEqual(lines);
    expect(read(singles(text))).toEqual(lines);
  });

  it('gives the same lines for the same octets', () => {
    const part = fc.constantFrom('\r\n', '\n', '\r', 'auth ', 'x', 'y'.repeat(700), 'AUTH PLAIN ');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), fc.array(fc.nat(9000), { maxLength: 8 }), (parts, cuts) => {
        const text = parts.join('');
        const at = [...cuts.map((cut) => Math.min(cut, text.length)), 0, text.length].sort((a, b) => a - b);
        expect(read(at.slice(1).map((end, i) => text.slice(at[i], end)))).toEqual(read([text]));
      }),
    );
  });

  it.each([
    ['a command', '', COMMAND_LINE, false],
    ['AUTH', 'aUtH ', AUTH_LINE, false],
    ['an exchange', '', AUTH_LINE, true],
  ])('holds %s to its limit, and goes on with the next line', (_name, start, limit, exchange) => {
    const line = start.padEnd(limit, 'x');
    for (const end of ['\r\n', '\n']) {
      const text = `${line}${end}${line}x${end}NOOP${end}`;
      for (const chunks of [
        [text],
        singles(text),
        [text.slice(0, limit), text.slice(limit)],
        [text.slice(0, limit + 1), text.slice(limit + 1)],
      ]) {
        expect(read(chunks, exchange)).toEqual([line, '<too-long>', 'NOOP']);
      }
    }
  });

  it('keeps nothing of a line that is too long', () => {
    const scanner = new LineScanner();
    const chunk = Buffer.alloc(65_536, 'x');
    for (let i = 0; i < 16; i++) expect(scanner.read(chunk, 0, false)).toBe('more');
    expect(scanner.text).toBe('');
    expect([scanner.held, scanner.skipping]).toEqual(['', true]);
    expect(scanner.read(Buffer.from('\r\n'), 0, false)).toBe('too-long');
    expect(scanner.skipping).toBe(false);
  });

  it('does not wait for an end for ever', () => {
    const scanner = new LineScanner();
    const chunk = Buffer.alloc(65_536, 'x');
    let found = '';
    for (let octets = 0; octets <= ENDLESS_LINE; octets += chunk.length) found = scanner.read(chunk, 0, false);
    expect(found).toBe('endless');
  });

  it('forgets half a line', () => {
    const scanner = new LineScanner();
    scanner.read(Buffer.from('MAIL FROM:<ev'), 0, false);
    scanner.clear();
    expect(scanner.read(Buffer.from('NOOP\r\n'), 0, false)).toBe('line');
    expect(scanner.text).toBe('NOOP');
  });
});
