import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath } from '../../src/base/mailbox.js';
import { parsePath } from '../../src/base/path.js';

const read = (text: string): string | undefined => {
  const path = parsePath(text);
  if (path === undefined) return undefined;
  return path.mailbox === null ? '<>' : `${path.mailbox.localPart}|${path.mailbox.domain}`;
};

describe('parsePath', () => {
  it.each([
    ['<alice@example.com>', 'alice|example.com'],
    [' <alice@example.com>', 'alice|example.com'],
    ['<>', '<>'],
    ['<alice>', 'alice|'],
    ['alice@example.com', 'alice|example.com'],
    ['alice', 'alice|'],
    ['<@a.example,@b.example:alice@example.com>', 'alice|example.com'],
    ['<"a b"@example.com>', 'a b|example.com'],
    ['<"a@b"@example.com>', 'a@b|example.com'],
    ['<"a>b"@example.com>', 'a>b|example.com'],
    ['<a\\@b@example.com>', 'a@b|example.com'],
    ['<"a\\"b"@example.com>', 'a"b|example.com'],
    ['<alice.@example.com>', 'alice.|example.com'],
    ['<a..b@example.com>', 'a..b|example.com'],
    ['<a@b@example.com>', 'a@b|example.com'],
    ['<alice@[192.0.2.1]>', 'alice|[192.0.2.1]'],
    ['<alice@[IPv6:2001:db8::1]>', 'alice|[IPv6:2001:db8::1]'],
    ['<#@[]>', '#|[]'],
    ['<alice@example.com.>', 'alice|example.com'],
    ['<alice@xn--bcher-kva.example>', 'alice|xn--bcher-kva.example'],
    ['<alice@bücher.example>', 'alice|xn--bcher-kva.example'],
    ['<alice@my_host>', 'alice|my_host'],
    ['<jim@cs+>', 'jim|cs+'],
    ['<Alice+Tag@Example.COM>', 'Alice+Tag|Example.COM'],
  ])('%s', (text, expected) => expect(read(text)).toBe(expected));

  it.each([
    ...['', ' ', '<alice@example.com', 'alice@example.com>', '<a@b>c', '<"a@b.example>', '<@a.example>', '<@>', '<@b>'],
    ...['<a@b c>', '<a@b,c>', '<a@"b">', '<a\0@b>', '<a@b\r>', '<a\n@b>', '<a@[b>', '<a@..>'.replace('..', '.')],
  ])('%j is no path', (text) => expect(parsePath(text)).toBeUndefined());

  it('reads parameters in any case, the first of two', () => {
    const path = parsePath('<a@b.example>  size=10 BODY=8bitMIME AUTH=<> X SIZE=20');
    expect([...(path?.parameters ?? [])]).toEqual([
      ['SIZE', '10'],
      ['BODY', '8bitMIME'],
      ['AUTH', '<>'],
      ['X', undefined],
    ]);
  });

  it('reads back whatever it would write', () => {
    const local = fc.string({ minLength: 1, maxLength: 30 }).filter((text) => !/[\x00-\x1f\x7f]/.test(text)); // eslint-disable-line no-control-regex
    fc.assert(
      fc.property(local, fc.constantFrom('example.com', '[192.0.2.1]', ''), (localPart, domain) => {
        const mailbox = { localPart, domain };
        expect(parsePath(formatPath(mailbox))?.mailbox).toEqual(mailbox);
      }),
    );
  });

  it('is linear: a long path of quotes and at signs is no trouble', () => {
    expect(parsePath(`<${'"@"'.repeat(20_000)}@example.com>`)?.mailbox?.domain).toBe('example.com');
  });
});
