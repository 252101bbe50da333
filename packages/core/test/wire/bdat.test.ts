/** CHUNKING (RFC 3030): chunks become one message, and octets that were announced are never commands. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkScanner } from '../../src/wire/chunk-scanner.js';
import { ENVELOPE, joined, play, splits } from './wire-session.js';

const bdat = (text: string, last = false): string => `BDAT ${text.length}${last ? ' LAST' : ''}\r\n${text}`;

describe('the chunk scanner', () => {
  function scan(
    chunks: readonly string[],
    policy: 'reject' | 'normalise',
  ): { text: string; bare: boolean; rest: string } {
    const scanner = new ChunkScanner(policy);
    let text = '';
    const total = chunks.join('').length;
    scanner.expect(total);
    for (const chunk of chunks) {
      const input = Buffer.from(chunk, 'latin1');
      expect(scanner.push(input)).toBe(input.length);
      text += scanner.output.toString('latin1');
    }
    expect(scanner.left).toBe(0);
    scanner.end();
    return { text, bare: scanner.bare, rest: '' };
  }

  it('turns CRLF into LF, dots and all, wherever it is cut', () => {
    const part = fc.constantFrom('\r\n', '\r', '\n', '.', 'text', '\r\n.\r\n', '\0');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 25 }), fc.array(fc.nat(60)), (parts, cuts) => {
        const text = parts.join('');
        const at = [...cuts.map((cut) => Math.min(cut, text.length)), 0, text.length].sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, i) => text.slice(at[i], end));
        expect(scan(chunks, 'normalise').text).toBe(text.replace(/\r\n|\r|\n/g, '\n'));
        expect(scan(chunks, 'reject').bare).toBe(/\r(?!\n)|(?<!\r)\n/.test(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('BDAT', () => {
  const message = 'Subject: x\r\n\r\n.\r\n..two dots\r\nbody\r\n';

  it('takes a message in one chunk, dots untouched, wherever it is cut', () => {
    const text = `${ENVELOPE}${bdat(message, true)}NOOP\r\n`;
    const whole = play(text);
    expect(whole.replies.slice(-2)).toEqual(['250 2.0.0 ok 1', '250 2.0.0 OK']);
    expect(whole.queued[0]?.text).toBe('Subject: x\n\n.\n..two dots\nbody\n');
    for (const chunks of splits(text)) expect(joined(play(chunks).actions)).toEqual(joined(whole.actions));
  });

  it('joins chunks that are cut anywhere, in the middle of CRLF too', () => {
    for (let at = 0; at <= message.length; at++) {
      const played = play(`${ENVELOPE}${bdat(message.slice(0, at))}${bdat(message.slice(at), true)}`);
      expect(played.replies.slice(-2)).toEqual([`250 2.0.0 ${at} octets received`, '250 2.0.0 ok 1']);
      expect(played.queued[0]?.text).toBe('Subject: x\n\n.\n..two dots\nbody\n');
    }
  });

  it('takes an empty last chunk', () => {
    const played = play(`${ENVELOPE}${bdat(message)}BDAT 0 LAST\r\n`);
    expect(played.queued).toHaveLength(1);
  });

  it('reads the octets of a chunk that is refused, and runs none of them', () => {
    const played = play(`EHLO x\r\nBDAT 12 LAST\r\nRSET\r\nQUIT\r\nNOOP\r\n`);
    expect(played.replies.slice(1)).toEqual(['503 5.5.1 MAIL first', '250 2.0.0 OK']);
    expect(played.closed).toBe(true);
  });

  it('is not read for ever where it is refused', () => {
    const played = play(['EHLO x\r\nBDAT 99999999 LAST\r\n', 'x'.repeat(100)], { requireLogin: true });
    expect(played.replies.at(-1)).toBe('530 5.7.0 Authentication required');
    expect(played.closed).toBe(true);
  });

  it('forgets its chunks at RSET, EHLO and QUIT: nothing is queued', () => {
    for (const [command, code] of [
      ['RSET', '250'],
      ['EHLO y', '250'],
      ['QUIT', '221'],
    ] as const) {
      const played = play(`${ENVELOPE}${bdat('Subject: half\r\n')}${command}\r\nNOOP\r\n`);
      expect(played.queued).toEqual([]);
      expect(played.actions.map((action) => action.action)).toContain('abort');
      expect(played.replies[4]?.slice(0, 3)).toBe(code);
      if (command !== 'QUIT') expect(played.replies.at(-1)).toBe('250 2.0.0 OK');
    }
  });

  it('allows a new transaction right behind RSET', () => {
    const again = 'MAIL FROM:<c@example.com>\r\nRCPT TO:<d@example.net>\r\n';
    const played = play(`${ENVELOPE}${bdat('one\r\n')}RSET\r\n${again}${bdat('Subject: two\r\n\r\n', true)}`);
    expect(played.queued).toEqual([
      { sender: 'c@example.com', recipients: ['d@example.net'], text: 'Subject: two\n\n' },
    ]);
  });

  it('refuses DATA between chunks, and the chunks are still a message', () => {
    const played = play(`${ENVELOPE}${bdat('Subject: x\r\n')}DATA\r\n${bdat('\r\nbody\r\n', true)}`);
    expect(played.replies.slice(-2)).toEqual(['503 5.5.1 BDAT LAST or RSET first', '250 2.0.0 ok 1']);
    expect(played.queued[0]?.text).toBe('Subject: x\n\nbody\n');
  });

  it('says that a chunk with a bare LF fails when that chunk is in; what follows is refused and not run', () => {
    const played = play(`${ENVELOPE}${bdat('bare\nlf\r\n')}${bdat('QUIT\r\n', true)}NOOP\r\n`);
    expect(played.replies.slice(3)).toEqual([
      '550 5.6.0 Line ends must be CR LF (RFC 5321 section 2.3.8)',
      '503 5.5.1 MAIL first',
      '250 2.0.0 OK',
    ]);
    expect(played.queued).toEqual([]);
  });

  it('a CR at the very end is a bare one', () => {
    expect(
      play(`${ENVELOPE}${bdat('Subject: x\r\n\r', true)}`)
        .replies.at(-1)
        ?.slice(0, 3),
    ).toBe('550');
  });

  it('syntax errors announce nothing', () => {
    const played = play(`${ENVELOPE}BDAT x\r\nBDAT 1 FIRST\r\nBDAT -1\r\nNOOP\r\n`);
    expect(played.replies.slice(3).map((reply) => reply.slice(0, 3))).toEqual(['501', '501', '501', '250']);
  });
});
