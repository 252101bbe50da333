/** Lines over the limit get one 500 and the session goes on (RFC 5321 §4.5.3.1.4, RFC 4954 §4). */
import { describe, expect, it } from 'vitest';
import { play, splits } from './wire-session.js';

describe('a line that is too long', () => {
  it('gets one 500, and the next line is read', () => {
    expect(play(`EHLO x\r\nNOOP ${'x'.repeat(5000)}\r\nNOOP\r\n`).replies).toEqual([
      '250-mail.example',
      '500 5.5.2 Line too long',
      '250 2.0.0 OK',
    ]);
  });

  it('is measured the same wherever it is cut', () => {
    const text = `NOOP ${'x'.repeat(2050)}\r\nNOOP\r\n`;
    const whole = play(text).replies;
    for (const chunks of splits(text)) expect(play(chunks).replies).toEqual(whole);
  });

  it('holds no command: what it hides is not run', () => {
    const played = play(`EHLO x\r\n${'x'.repeat(3000)}QUIT\r\nNOOP\r\n`);
    expect(played.replies.slice(1)).toEqual(['500 5.5.2 Line too long', '250 2.0.0 OK']);
  });

  it('may be an AUTH line of 12288 octets', () => {
    const initial = Buffer.concat([Buffer.from('\0user\0'), Buffer.alloc(9000, 'p')]).toString('base64');
    expect(initial.length).toBeLessThan(12_277);
    const played = play(`EHLO x\r\nAUTH PLAIN ${initial}\r\nAUTH PLAIN ${'A'.repeat(12_400)}\r\nNOOP\r\n`);
    expect(played.replies.slice(1)).toEqual([
      '535 5.7.8 Authentication credentials invalid',
      '500 5.5.2 Line too long',
      '250 2.0.0 OK',
    ]);
  });

  it('ends an AUTH exchange, and leaves the session in step', () => {
    const played = play(`EHLO x\r\nAUTH PLAIN\r\n${'A'.repeat(12_289)}\r\nNOOP\r\n`);
    expect(played.replies.slice(1)).toEqual([
      '334 ',
      '500 5.5.6 Authentication exchange line is too long',
      '250 2.0.0 OK',
    ]);
  });

  it('that never ends closes the session', () => {
    const played = play(Array.from({ length: 40 }, () => 'x'.repeat(65_536)));
    expect(played.replies).toEqual(['500 5.5.2 Line too long']);
    expect(played.closed).toBe(true);
  });
});
