import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataScanner } from '../../src/wire/data-scanner.js';
import { singles } from './wire-session.js';

interface Scanned {
  readonly text: string;
  readonly ended: boolean;
  readonly bare: boolean;
  /** What came behind the end of the data. */
  readonly rest: string;
}

function scan(chunks: readonly string[], policy: 'reject' | 'normalise'): Scanned {
  const scanner = new DataScanner(policy);
  let text = '';
  let rest = '';
  for (const chunk of chunks) {
    const input = Buffer.from(chunk, 'latin1');
    const end = scanner.push(input);
    text += scanner.output.toString('latin1');
    rest += input.toString('latin1', end);
  }
  return { text, ended: scanner.ended, bare: scanner.bare, rest };
}

/** The same by regular expressions, on the whole text at once. */
function reference(text: string, policy: 'reject' | 'normalise'): Scanned {
  const all = `\r\n${text}`;
  const end = all.indexOf('\r\n.\r\n');
  const ended = end >= 0;
  const body = ended ? all.slice(0, end + 2) : all;
  const rest = ended ? all.slice(end + 5) : '';
  const bare = policy === 'reject' && /\r(?!\n)|(?<!\r)\n/.test(body.slice(2));
  const plain = body
    .replace(/\r\n\./g, '\r\n')
    .replace(/\r\n|\r|\n/g, '\n')
    .slice(1);
  return { text: plain, ended, bare, rest };
}

const octets = fc.array(
  fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '\r\n.', '\r\n.\r\n', 'some text, ', '\0', '\xff'),
  {
    maxLength: 40,
  },
);

describe('the data scanner', () => {
  it('gives what regular expressions give, however the input is cut', () => {
    fc.assert(
      fc.property(octets, fc.array(fc.nat(60)), (parts, cuts) => {
        const text = parts.join('');
        const at = [...cuts.map((cut) => Math.min(cut, text.length)), 0, text.length].sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, i) => text.slice(at[i], end));
        const expected = reference(text, 'normalise');
        const found = scan(chunks, 'normalise');
        // A text that stops behind a CR or a dot cannot be finished yet; only what has ended is compared to the last octet.
        if (expected.ended) expect(found).toEqual(expected);
        else expect(expected.text.startsWith(found.text.replace(/\n$/, ''))).toBe(true);
        expect(found.ended).toBe(expected.ended);
        const strict = scan(chunks, 'reject');
        expect([strict.ended, strict.rest]).toEqual([expected.ended, expected.rest]);
        if (expected.ended) expect(strict.bare).toBe(reference(text, 'reject').bare);
        if (!strict.bare) expect(strict.text).toBe(found.text);
      }),
      { numRuns: 3000 },
    );
  });

  it('is the same for every cut and for single octets', () => {
    const text =
      'Subject: x\r\n\r\n..stuffed\r\n...\r\n.\n.\r.\r\r\nlong enough for whole words of four octets\r\n.\r\nQUIT\r\n';
    for (const policy of ['reject', 'normalise'] as const) {
      const whole = scan([text], policy);
      expect(whole.rest).toBe('QUIT\r\n');
      for (let at = 0; at <= text.length; at++) {
        const cut = scan([text.slice(0, at), text.slice(at)], policy);
        expect([cut.ended, cut.bare, cut.rest]).toEqual([true, whole.bare, whole.rest]);
        if (policy === 'normalise') expect(cut.text).toBe(whole.text);
      }
      expect(scan(singles(text), policy)).toMatchObject({ ended: true, bare: whole.bare, rest: whole.rest });
    }
  });

  it('takes one dot away, and no second one', () => {
    expect(scan(['..\r\n...\r\n.a\r\na.\r\n.\r\n'], 'reject').text).toBe('.\n..\na\na.\n');
  });

  it('knows an empty message', () => {
    expect(scan(['.\r\n'], 'reject')).toEqual({ text: '', ended: true, bare: false, rest: '' });
  });

  it('passes every octet but CR on', () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i).filter((i) => i !== 10 && i !== 13)).toString(
      'latin1',
    );
    expect(scan([`${every}\r\n.\r\n`], 'reject').text).toBe(`${every}\n`);
  });

  it('says nothing more once a bare line end was seen, and still finds the end', () => {
    expect(scan(['good\r\n', 'bad\nworse\r\n', 'more\r\n.\r\nRSET\r\n'], 'reject')).toEqual({
      text: 'good\n',
      ended: true,
      bare: true,
      rest: 'RSET\r\n',
    });
  });

  it('writes only where it has read, from the given offset on', () => {
    const input = Buffer.from('DATA\r\nabc\r\n.\r\nQUIT\r\n', 'latin1');
    const scanner = new DataScanner('reject');
    expect(scanner.push(input, 6)).toBe(14);
    expect(input.toString('latin1', 0, 6)).toBe('DATA\r\n');
    expect(input.toString('latin1', 14)).toBe('QUIT\r\n');
  });
});
