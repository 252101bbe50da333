import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeList } from '../../src/message/address-completion.js';
import { readAddressList } from '../../src/message/address-list.js';
import { tokenize } from '../../src/message/address-tokens.js';
import { applyEdits } from '../../src/message/edits.js';
import { readPlainList } from '../../src/message/plain-list.js';
import { options } from './message-helpers.js';

const complete = (text: string, mend = true): string =>
  applyEdits(text, completeList(text, options.rewrite, mend).edits);

const addressesIn = (text: string): string[] =>
  completeList(text, (mailbox) => mailbox, true).mailboxes.map(({ localPart, domain }) => `${localPart}|${domain}`);

describe('lists that are right and stay as they are', () => {
  it.each([
    // RFC 5322 A.1.1 to A.1.3
    'John Doe <jdoe@machine.example>',
    '"Joe Q. Public" <john.q.public@example.com>',
    'Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>',
    '<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
    'A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;',
    'Undisclosed recipients:;',
    // A.5
    'Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>',
    "A Group(Some people)\n     :Chris Jones <c@(Chris's host.)public.example>,\n         joe@example.org,\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
    '(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;',
    // A.6.1, A.6.3
    'Joe Q. Public <john.q.public@example.com>',
    'Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example',
    'Mary Smith\n  \n          <mary@example.net>',
    'John Doe <jdoe@machine(comment).  example>',
    // RFC 2047 §8
    '=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.example>',
    '=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.example>',
    '=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.example>',
    'Nathaniel Borenstein <nsb@thumper.example>\n (=?iso-8859-8?b?7eXs+SDv4SDs6Oj08A==?=)',
    '=?utf-8?q?=2E?= Pirard (x) "y" <p@vm1.example>',
    // RFC 6854
    'Automated System:;',
    'Us: one@example.net;, two@example.net',
    // Odd, but nothing that could be mended
    '"bob barker"@example.net',
    'J\xf6rg <joerg@example.net>',
    'bob@[IPv6:2001:db8::1]',
    '"" <bob@example.net>',
    '<>',
    '(nobody)',
  ])('%s', (text) => {
    expect(complete(text)).toBe(text);
  });
});

describe('hosts', () => {
  it.each([
    ['bob', 'bob@example.com'],
    ['bob, carol ,dave', 'bob@example.com, carol@example.com ,dave@example.com'],
    ['jim@cs+', 'jim@cs.example.org'],
    ['jim@cs', 'jim@cs.example.com'],
    ['jim@', 'jim@example.com'],
    ['jim@cs.example.net.', 'jim@cs.example.net'],
    ['Bob (x) <bob>', 'Bob (x) <bob@example.com>'],
    ['Bob <@a,@b:bob@cs+>', 'Bob <@a,@b:bob@cs.example.org>'],
    ['bob (Bob)', 'bob@example.com (Bob)'],
    ['G: bob, carol@cs;', 'G: bob@example.com, carol@cs.example.com;'],
    ['"a b"', '"a b"@example.com'],
    ['"a@b"@cs', '"a@b"@cs.example.com'],
    ['bob @ cs', 'bob @ cs.example.com'],
    ['bob@cs.(x)dep+', 'bob@cs.dep.example.org'],
    ['bob@a(x).b', 'bob@a(x).b'],
    ['bob\n\t(x)', 'bob@example.com\n\t(x)'],
    ['bob@h\xfc', 'bob@h\xfc.example.com'],
    ['bob@[10.0.0.1]', 'bob@[10.0.0.1]'],
  ])('%j becomes %j', (text, expected) => {
    expect(complete(text)).toBe(expected);
  });

  it('are completed where nothing else may be mended', () => {
    expect(complete('bob carol@cs+', false)).toBe('bob@example.com carol@cs.example.org');
  });
});

describe('what is mended as ofmipd mends it', () => {
  it.each([
    ['bob, "Jim" jim@cs+', 'bob@example.com, "Jim"@example.com, jim@cs.example.org'],
    ['a@x.test b@x.test', 'a@x.test, b@x.test'],
    ['a@x.test (A) b@x.test', 'a@x.test, (A) b@x.test'],
    ['<a@x.test><b@x.test>', '<a@x.test>, <b@x.test>'],
    ['A <a@x.test> B <b@x.test>', 'A <a@x.test>, B <b@x.test>'],
    ['<a@x.test> b', '<a@x.test>, b@example.com'],
    ['a@x.test; b@x.test;', 'a@x.test, b@x.test'],
    ['G: a@x.test; b@x.test', 'G: a@x.test;, b@x.test'],
    ['a@x.test <a@x.test>', '"a@x.test" <a@x.test>'],
    ['a@x.test (A) <a@x.test>', '"a@x.test" (A) <a@x.test>'],
    ['.Bob <b@x.test>', '".Bob" <b@x.test>'],
    ['bob) "b\\"" x <b@x.test>', '"bob) b\\" x" <b@x.test>'],
    ['=?utf-8?q?x?= a@b <b@x.test>', '=?utf-8?q?x?= "a@b" <b@x.test>'],
    ['Bob\n [office] <b@x.test>', '"Bob [office]" <b@x.test>'],
  ])('%j becomes %j', (text, expected) => {
    expect(complete(text)).toBe(expected);
  });
});

describe('what cannot be understood is left alone', () => {
  it.each([
    'Bob <bob@example.net',
    '"Bob <bob>',
    'bob@[10.0.0.1',
    'bob>',
    '<<bob@example.net>>',
    '<bob barker>',
    '<a, b>',
    'a@b@c',
    'a@"b c"',
    'a@b)',
    'a\\\n b',
    '@example.net',
    '.',
    '=?utf-8?q?x?=',
    '=?utf-8?q?x?= bob@example.net',
    ': bob@example.net',
  ])('%s', (text) => {
    expect(complete(text)).toBe(text);
  });

  it('but everything that looks like an address is found, for the sender policy', () => {
    expect(addressesIn('Bob <bob@example.net')).toEqual(['Bob|', 'bob|example.net']);
    expect(addressesIn('a@ok.test <b@bad.test')).toEqual(['a|ok.test', 'b|bad.test']);
    expect(addressesIn('<a b@x.test>')).toEqual(['a|', 'b|x.test']);
    expect(addressesIn('"Bob <bob@example.net>')).toEqual(['Bob <bob@example.net>|']);
    expect(addressesIn('a@b@c')).toEqual(['a@b|c']);
  });
});

describe('mailboxes', () => {
  it.each([
    ['"a b"@x.test, b@x.test', ['a b|x.test', 'b|x.test']],
    ['A <a(c)@(d)x . test>', ['a|x.test']],
    ['G: a@x.test, B <b@x.test>;, c@x.test', ['a|x.test', 'b|x.test', 'c|x.test']],
    ['<@r.test:a@x.test>', ['a|x.test']],
    ['\xc3\xb6@x.test', ['\u00f6|x.test']],
    ['\xf6@x.test', ['\xf6|x.test']],
    ['G:;', []],
    ['a\\@b@x.test', ['a@b|x.test']],
  ])('of %j are %j', (text, expected) => {
    expect(addressesIn(text)).toEqual(expected);
  });
});

const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          'a',
          'bob',
          'x.y',
          ' ',
          '\n ',
          '\t',
          ',',
          ';',
          ':',
          '<',
          '>',
          '@',
          '.',
          '"q r"',
          '"',
          '(c)',
          '(',
          ')',
          '[1.2]',
          '[',
        ],
        ...[']', '\\', '=?utf-8?q?x?=', 'h+', '\xe4', '<b@c>', 'a@b.c', 'Joe Doe <j@d.e>', 'G: x@y.z;', '""'],
      ),
      fc.string({ maxLength: 3 }).map((text) => Buffer.from(text).toString('latin1')),
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(''));

describe('any text', () => {
  it('is cut into tokens without gaps', () => {
    fc.assert(
      fc.property(soup, (text) => {
        expect(
          tokenize(text)
            .map(({ start, end }) => text.slice(start, end))
            .join(''),
        ).toBe(text);
      }),
    );
  });

  it('is complete after it was completed once', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const once = complete(text);
        expect(complete(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps every octet of which nothing says that it must change', () => {
    fc.assert(
      fc.property(soup, (text) => {
        // Without mending and rewriting nothing is left to change.
        expect(applyEdits(text, completeList(text, (mailbox) => mailbox, false).edits)).toBe(text);
      }),
    );
  });

  it('names the same addresses before and after mending', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const mended = applyEdits(text, completeList(text, (mailbox) => mailbox, true).edits);
        expect(addressesIn(mended)).toEqual(addressesIn(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('is read alike by the short way and the long one', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const plain = readPlainList(text);
        if (plain !== undefined) expect(readAddressList(text)).toEqual(plain);
      }),
      { numRuns: 2000 },
    );
  });

  const word = fc.constantFrom('a', 'b.c', 'Joe', "O'Hara", 'x+y', '1');
  const item = fc.oneof(
    fc.tuple(word, word).map(([local, host]) => `${local}@${host}`),
    word,
    fc
      .tuple(fc.array(word, { maxLength: 3 }), word, word)
      .map(([name, local, host]) => `${name.join(' ')} <${local}@${host}>`),
    fc.tuple(word, word).map(([name, local]) => `"${name}, x" <${local}>`),
  );

  it('is read by the short way if it is plain', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 6 }), (items) => {
        const text = items.join(', ');
        const plain = readPlainList(text);
        expect(plain?.addresses.length).toBe(items.length);
        expect(readAddressList(text)).toEqual(plain);
      }),
    );
  });
});
