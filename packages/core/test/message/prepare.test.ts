import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepareMessage } from '../../src/message/prepare.js';
import { facts, faultOf, options, prepare, prepareChunks } from './message-helpers.js';

const COMPLETE =
  'Date: Sat, 21 Nov 2026 09:59:00 +0100\n' +
  'Message-ID: <1@client.example>\n' +
  'From: Alice <alice@example.com>\n' +
  'To: bob@example.net\n' +
  'Subject: hello\n';

const MADE =
  'Date: Sat, 21 Nov 2026 10:00:00 +0000\n' +
  'Message-ID: <20261121100000.b7Q2@mail.example.com>\n' +
  'From: alice@example.com\n' +
  'Cc: recipient list not shown: ;\n';

const RECEIVED =
  'Received: from client.example ([192.0.2.1])\n' +
  '\tby mail.example.com with ESMTPSA id b7Q2\n' +
  '\t(TLSv1.3 TLS_AES_256_GCM_SHA384);\n' +
  '\tSat, 21 Nov 2026 10:00:00 +0000\n';

describe('prepareMessage', () => {
  it('puts Received on top of a complete message and changes nothing else', () => {
    expect(prepare(`${COMPLETE}\nbody\n`).text).toBe(`${RECEIVED}${COMPLETE}\nbody\n`);
  });

  it('gives the same octets however the message is split', () => {
    const message = `${COMPLETE}X-Folded: a\n b\n\tc\n\nbody\n\nmore\n`;
    const whole = prepare(message).text;
    const octets = Buffer.from(message);
    expect(prepareChunks([...octets].map((octet) => Uint8Array.of(octet))).text).toBe(whole);
    for (let at = 0; at <= octets.length; at++) {
      expect(prepareChunks([octets.subarray(0, at), octets.subarray(at)]).text).toBe(whole);
    }
  });

  it('hands on body chunks without copying them', () => {
    const preparation = prepareMessage(facts, options);
    preparation.push(Buffer.from(`${COMPLETE}\n`));
    const chunk = Buffer.alloc(70_000, 'x');
    expect(preparation.push(chunk)[0]).toBe(chunk);
  });

  it('says when the header has been seen', () => {
    const preparation = prepareMessage(facts, options);
    expect(preparation.push(Buffer.from(COMPLETE))).toEqual([]);
    expect(preparation.headerSeen).toBe(false);
    expect(preparation.push(Buffer.from('\n')).length).toBeGreaterThan(0);
    expect(preparation.headerSeen).toBe(true);
    expect(preparation.messageId).toBe('<1@client.example>');
    expect(preparation.size).toBe(COMPLETE.length + 1);
  });

  it('adds Date and Message-ID where they are missing', () => {
    const { rest, preparation } = prepare('From: a@example.com\nTo: b@example.com\n\nbody\n');
    expect(rest).toBe(
      'From: a@example.com\nTo: b@example.com\n' +
        'Date: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: <20261121100000.b7Q2@mail.example.com>\n\nbody\n',
    );
    expect(preparation.messageId).toBe('<20261121100000.b7Q2@mail.example.com>');
  });

  it.each([
    ['no octet at all', '', ''],
    ['only an empty line', '\n', '\n'],
    ['only a body', '\nbody\n', '\nbody\n'],
    ['a body without the empty line', 'body\n', '\nbody\n'],
    ['a body without line end', 'body', '\nbody'],
    ['a first line that continues nothing', ' x: y\nbody\n', '\n x: y\nbody\n'],
    ['a name with a blank inside', 'Foo bar: x\n', '\nFoo bar: x\n'],
    ['a name with an 8-bit octet', 'F\xf6o: x\n', '\nF\xf6o: x\n'],
    ['a colon at the start', ': x\n', '\n: x\n'],
  ])('%s', (_, message, end) => {
    const { rest } = prepare(message);
    expect(rest).toBe(`${MADE}${end}`);
  });

  it('puts an empty line after the header where it is missing', () => {
    expect(prepare(`${COMPLETE}this is no field\nSubject: body\n`).rest).toBe(
      `${COMPLETE}\nthis is no field\nSubject: body\n`,
    );
  });

  it('ends an unfinished last header line', () => {
    expect(prepare(COMPLETE.trimEnd()).rest).toBe(COMPLETE);
  });

  it('takes 8-bit octets and NULs in the body, and 8-bit octets in the header', () => {
    const message = `${COMPLETE}X: \xe4\xff\n\n\0\xff\x80 ${'l'.repeat(100_000)}`;
    expect(prepare(message).rest).toBe(message);
  });

  it('refuses a NUL in the header', () => {
    expect(faultOf(`${COMPLETE}X: a\0b\n\nbody`)).toBe('nul-byte');
  });

  it('stops at the size limit, with the first octet over it', () => {
    const message = `${COMPLETE}\n${'x'.repeat(1000)}`;
    expect(faultOf(message, { options: { sizeLimit: message.length } })).toBe('none');
    expect(faultOf(message, { options: { sizeLimit: message.length - 1 } })).toBe('too-big');
    expect(faultOf(message, { options: { sizeLimit: 0 } })).toBe('none');
  });

  it('stops at the header limit, but not for a long body', () => {
    const header = `X: ${'x'.repeat(2000)}\n`;
    expect(faultOf(`${header}\nbody`, { options: { headerLimit: header.length } })).toBe('none');
    expect(faultOf(`${header}\nbody`, { options: { headerLimit: header.length - 1 } })).toBe('header-too-big');
    expect(faultOf('body\n'.repeat(10_000), { options: { headerLimit: 1024 } })).toBe('none');
  });

  it('counts hops as qmail-smtpd does', () => {
    const hops = (received: number, delivered: number): string =>
      faultOf('Received: x\n'.repeat(received) + 'DELIVERED-TO: x\n'.repeat(delivered) + '\nReceived: x\n');
    expect(hops(99, 0)).toBe('none');
    expect(hops(100, 0)).toBe('too-many-hops');
    expect(hops(50, 50)).toBe('too-many-hops');
    expect(faultOf('Received: x\n\n', { options: { hopLimit: 1 } })).toBe('too-many-hops');
  });

  it('keeps any body as it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (body, at) => {
        const message = Buffer.concat([Buffer.from(`${COMPLETE}\n`), body]);
        const { rest } = prepareChunks([message.subarray(0, at), message.subarray(at)]);
        expect(rest).toBe(message.toString('latin1'));
      }),
    );
  });
});

describe('headers made to keep a server busy', () => {
  const size = 500_000;
  const fill = (piece: string): string => piece.repeat(Math.floor(size / piece.length));

  // Each of these takes hours where anything is quadratic; the time limit of the test run is what fails then.
  it.each([
    ['dates', fill('Date: x\n')],
    ['a date of dots', `Date: 1 jan${fill('.')}\n`],
    ['a date of blanks', `Date: Mon${fill(' ')}x\n`],
    ['brackets', `To: ${fill('<')}\n`],
    ['brackets and commas', `To: ${fill('<,')}\n`],
    ['routes', `To: ${fill('<@a,')}\n`],
    ['open comments', `To: ${fill('(')}\n`],
    ['quotes', `To: ${fill('"')}\n`],
    ['backslashes', `To: ${fill('\\')}\n`],
    ['words', `To: ${fill('a ')}\n`],
    ['ats', `To: ${fill('@')}\n`],
    ['colons', `From: ${fill('a:')}\n`],
    ['semicolons', `To: ${fill('a;')}\n`],
    ['phrases', `To: ${fill('a@')} <b@c>\n`],
    ['encoded words', `To: ${fill('=?a?q?b?= ')}<b@c>\n`],
    ['folds', `To: a${fill('\n ')}b\n`],
    ['short fields', fill('a:\n')],
  ])('%s', (_, header) => {
    for (const compat of ['postern', 'ofmipd'] as const) {
      expect(prepare(`${header}\nbody`, { options: { compat } }).text.endsWith('\n\nbody')).toBe(true);
    }
  });

  it('one octet at a time', () => {
    const octets = Buffer.from(`To: ${fill('a,')}\n\nbody`);
    const chunks = Array.from(octets, (octet) => Uint8Array.of(octet));
    expect(prepareChunks(chunks).text.endsWith('\n\nbody')).toBe(true);
  });
});
