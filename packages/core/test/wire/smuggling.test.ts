/** Only CRLF.CRLF ends the data: every published way to smuggle a second message, cut at every octet. */
import { describe, expect, it } from 'vitest';
import { codes, ENVELOPE, joined, play, splits } from './wire-session.js';

/** sec-consult.com "SMTP Smuggling" (2023), CVE-2023-51764, -51765, -51766, and what servers were found to take since. */
const ENDINGS = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\r\n.\r\r\n',
  '\r\r\n.\r\r\n',
  '\n\n.\n',
  '\r\n\0.\r\n',
  '\r\n.\0\r\n',
  '\0\r\n.\n',
  '\n\r.\n\r',
  '\r\n. \r\n',
  '\x85.\x85',
];

const SMUGGLED = 'MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\nsmuggled\r\n';

const sessionWith = (ending: string): string =>
  `${ENVELOPE}DATA\r\nSubject: x\r\n\r\nfirst${ending}${SMUGGLED}.\r\nNOOP\r\n`;

describe.each(ENDINGS)('the ending %j', (ending) => {
  const text = sessionWith(ending);

  it('ends nothing, under either policy', () => {
    for (const lineEndings of ['reject', 'normalise'] as const) {
      const played = play(text, {}, { lineEndings });
      // EHLO, MAIL, RCPT, 354, the final dot, NOOP: no reply to anything smuggled.
      expect(codes(played).slice(0, 4)).toEqual([250, 250, 250, 354]);
      expect(played.replies).toHaveLength(6);
      expect(played.queued.length).toBeLessThanOrEqual(1);
      for (const message of played.queued) {
        expect(message.recipients).toEqual(['b@example.net']);
        expect(message.text).toContain('smuggled');
        expect(message.text).not.toContain('\r');
      }
    }
  });

  it('is refused where it needs a bare CR or LF, and the session goes on', () => {
    const played = play(text);
    const bare = /\r(?!\n)|(?<!\r)\n/.test(`x${ending}M`);
    expect(played.replies[4]?.slice(0, 9)).toBe(bare ? '550 5.6.0' : '250 2.0.0');
    expect(played.replies[5]?.slice(0, 9)).toBe('250 2.0.0');
    expect(played.queued).toHaveLength(bare ? 0 : 1);
  });

  it('does the same wherever it is cut', () => {
    for (const lineEndings of ['reject', 'normalise'] as const) {
      const replies = play(text, {}, { lineEndings });
      for (const chunks of splits(text)) {
        const cut = play(chunks, {}, { lineEndings });
        expect(cut.replies).toEqual(replies.replies);
        expect(cut.queued).toEqual(replies.queued);
        if (lineEndings === 'normalise') expect(joined(cut.actions)).toEqual(joined(replies.actions));
      }
    }
  });
});

it('a real end is one, whatever stands before it', () => {
  const played = play(`${ENVELOPE}DATA\r\nSubject: x\r\n\r\nfirst\r\n.\r\n${SMUGGLED}.\r\n`);
  expect(played.queued.map((message) => message.text)).toEqual(['Subject: x\n\nfirst\n', 'smuggled\n']);
});
