import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapNames } from '../../src/message/names.js';
import { faultOf, prepare } from './message-helpers.js';
import type { Setting } from './message-helpers.js';

const DATE = 'Date: Sat, 21 Nov 2026 09:59:00 +0100\n';
const ID = 'Message-ID: <1@client.example>\n';
const FROM = 'From: Alice <alice@example.com>\n';
const TO = 'To: bob@example.net\n';

/** The header that comes out, without Received. */
const headerOf = (header: string, setting?: Setting): string => {
  const { rest } = prepare(`${header}\nbody\n`, setting);
  expect(rest.endsWith('\n\nbody\n')).toBe(true);
  return rest.slice(0, -'\nbody\n'.length);
};

describe('fields that are missing', () => {
  it('are added at the end, in one order', () => {
    expect(headerOf('Subject: x\n')).toBe(
      'Subject: x\n' +
        'Date: Sat, 21 Nov 2026 10:00:00 +0000\n' +
        'Message-ID: <20261121100000.b7Q2@mail.example.com>\n' +
        'From: alice@example.com\n' +
        'Cc: recipient list not shown: ;\n',
    );
  });

  it('count as missing if they are empty', () => {
    expect(headerOf(`Date:\nMessage-ID: \nFrom:\n \nTo: ,\nCc:\n`)).toBe(
      'Date: Sat, 21 Nov 2026 10:00:00 +0000\n' +
        'Message-ID: <20261121100000.b7Q2@mail.example.com>\n' +
        'From: alice@example.com\n' +
        'Cc: recipient list not shown: ;\n',
    );
  });

  it('From of a null sender is the login, or else nobody', () => {
    const header = `${DATE}${ID}${TO}`;
    const from = (login?: string): string =>
      headerOf(header, { facts: { sender: null, login: login as string } }).slice(header.length);
    expect(from('alice')).toBe('From: alice@example.com\n');
    expect(from('alice@cs+')).toBe('From: alice@cs.example.org\n');
    expect(from(undefined)).toBe('From: MAILER-DAEMON@mail.example.com\n');
  });

  it('From quotes a local part that has to be', () => {
    const sender = { localPart: 'a "b"', domain: 'example.com' };
    expect(headerOf(`${DATE}${ID}${TO}`, { facts: { sender } })).toContain('\nFrom: "a \\"b\\""@example.com\n');
  });

  it('To or Cc is enough, a group as well', () => {
    for (const to of ['To: x: ;\n', 'Cc: bob@example.net\n', 'To: (nobody)\n']) {
      expect(headerOf(`${DATE}${ID}${FROM}${to}`)).toBe(`${DATE}${ID}${FROM}${to}`);
    }
  });
});

describe('fields that do not go on', () => {
  it.each(['Bcc: x', 'bcc : x,\n y', 'Resent-Bcc: x', 'Return-Path: <x>', 'Apparently-To: x', 'Content-Length: 5'])(
    '%j',
    (field) => {
      expect(headerOf(`${DATE}${field}\n${ID}${FROM}${TO}`)).toBe(`${DATE}${ID}${FROM}${TO}`);
      expect(headerOf(`${DATE}${ID}${FROM}${TO}${field}\n`)).toBe(`${DATE}${ID}${FROM}${TO}`);
    },
  );

  it('a Bcc in the last line of a message without body and line end', () => {
    expect(prepare(`${DATE}${ID}${FROM}${TO}Bcc: x`).rest).toBe(`${DATE}${ID}${FROM}${TO}`);
  });
});

describe('addresses', () => {
  it('are completed in the fields of ofmipd(8)', () => {
    const names = [
      'To',
      'Cc',
      'From',
      'Sender',
      'Reply-To',
      'Mail-Reply-To',
      'Mail-Followup-To',
      'Notice-Requested-Upon-Delivery-To',
    ];
    const header = names.map((name) => `${name}: joe\n`).join('');
    expect(headerOf(`${DATE}${ID}${header}`)).toBe(`${DATE}${ID}${header.replace(/joe/g, 'joe@example.com')}`);
  });

  it('are left alone everywhere else', () => {
    const header = 'Resent-To: joe\nResent-From: joe\nErrors-To: joe\nDisposition-Notification-To: joe\nX-To: joe\n';
    expect(headerOf(`${DATE}${ID}${FROM}${TO}${header}`)).toBe(`${DATE}${ID}${FROM}${TO}${header}`);
  });

  it('keep folding, and the spelling of the field', () => {
    expect(headerOf(`${DATE}${ID}${FROM}tO\t:  bob,\n\t"C, D"  <carol@cs+>\n`)).toBe(
      `${DATE}${ID}${FROM}tO\t:  bob@example.com,\n\t"C, D"  <carol@cs.example.org>\n`,
    );
  });

  it('do not make lines longer than RFC 5322 §2.1.1 allows', () => {
    const to = Array.from({ length: 150 }, (_, i) => `user${i}`).join(', ');
    const completed = headerOf(`${DATE}${ID}${FROM}To: ${to}\n`);
    expect(Math.max(...completed.split('\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(completed.replace(/\n /g, ' ')).toContain(`To: ${to.replace(/user\d+/g, '$&@example.com')}\n`);
  });
});

describe('authors', () => {
  const authorsOf = (header: string, setting?: Setting): string[] =>
    prepare(`${header}\n`, setting).preparation.authors.map(({ localPart, domain }) => `${localPart}@${domain}`);

  it('are every mailbox of every From and Sender, completed', () => {
    expect(authorsOf('From: a, B <b@cs+>\nfrom : c@x.test\nSENDER: d@x.test\nResent-From: e@x.test\n')).toEqual([
      'a@example.com',
      'b@cs.example.org',
      'c@x.test',
      'd@x.test',
    ]);
  });

  it('are the same under compat = "ofmipd"', () => {
    const setting: Setting = { options: { compat: 'ofmipd' } };
    expect(authorsOf('From: a, B <b@cs+>\nfrom : c@x.test\nSENDER: d@x.test\n', setting)).toEqual([
      'a@example.com',
      'b@cs.example.org',
      'c@x.test',
      'd@x.test',
    ]);
    expect(authorsOf('To: x\n', setting)).toEqual(['alice@example.com']);
  });

  it('include a From that was made', () => {
    expect(authorsOf('To: x\n')).toEqual(['alice@example.com']);
  });

  it('do not include a From that was taken away', () => {
    expect(authorsOf('From: a@x.test\nFrom: b@x.test\n', { options: { duplicates: 'first' } })).toEqual(['a@x.test']);
  });
});

describe('addSender (RFC 6409 §8.1)', () => {
  const setting: Setting = { options: { addSender: true } };
  const added = (from: string, more: Setting = {}): string =>
    headerOf(`${DATE}${ID}${TO}${from}`, { ...setting, ...more }).slice(`${DATE}${ID}${TO}${from}`.length);

  it.each([
    ['From: Alice <alice@EXAMPLE.com>\n', ''],
    ['From: other@example.com\n', 'Sender: alice@example.com\n'],
    ['From: alice@example.com, other@example.com\n', 'Sender: alice@example.com\n'],
    ['From: Us:;\n', 'Sender: alice@example.com\n'],
    ['From: other@example.com\nSender: third@example.com\n', ''],
  ])('%j gets %j', (from, sender) => {
    expect(added(from)).toBe(sender);
  });

  it('says nothing for a null sender', () => {
    expect(added('From: other@example.com\n', { facts: { sender: null } })).toBe('');
  });

  it('is off by default', () => {
    expect(headerOf(`${DATE}${ID}${TO}From: other@example.com\n`)).toBe(`${DATE}${ID}${TO}From: other@example.com\n`);
  });
});

describe('fields that may be there once only', () => {
  const header = `${DATE}${ID}${FROM}${TO}Subject: 1\nsubject: 2\nX: 1\nX: 2\nReceived: 1\nReceived: 2\n`;

  it('stay by default', () => {
    expect(headerOf(header)).toBe(header);
  });

  it('are taken away but for the first', () => {
    expect(headerOf(header, { options: { duplicates: 'first' } })).toBe(header.replace('subject: 2\n', ''));
  });

  it('are refused', () => {
    expect(faultOf(`${header}\n`, { options: { duplicates: 'refuse' } })).toBe('duplicate-field');
    expect(faultOf(`${DATE}${ID}${FROM}${TO}X: 1\nX: 2\n\n`, { options: { duplicates: 'refuse' } })).toBe('none');
  });
});

describe('several dates', () => {
  it.each([
    ['Date: 1 Jan 2020 00:00:00 +0000\nDate: yesterday\n', 'Date: 1 Jan 2020 00:00:00 +0000\n'],
    ['Date: yesterday\nDate: 1 Jan 20 00:00:00 +0000\n', 'Date: Wed, 1 Jan 2020 00:00:00 +0000\n'],
    ['Date: yesterday\nDate:\n', 'Date: Sat, 21 Nov 2026 10:00:00 +0000\n'],
  ])('%j becomes %j', (dates, expected) => {
    expect(headerOf(`${dates}${ID}${FROM}${TO}`)).toBe(`${expected}${ID}${FROM}${TO}`);
  });
});

describe('name tables', () => {
  const names = mapNames({
    'alice@example.com': { name: 'Alice Liddell', address: 'a.liddell@example.org' },
    'joerg@example.com': { name: 'J\u00f6rg' },
    'enc@example.com': { name: '=?utf-8?q?J=C3=B6rg?=', address: 'e@example.org' },
    'plain@example.com': { address: 'p@example.org' },
  });
  const from = (
    header: string,
    localPart = 'alice',
  ): { header: string; sender: unknown; authors: readonly unknown[] } => {
    const { rest, preparation } = prepare(`${DATE}${ID}${TO}${header}\n`, {
      facts: { sender: { localPart, domain: 'example.com' } },
      options: { names },
    });
    return {
      header: rest.slice(`${DATE}${ID}${TO}`.length, -1),
      sender: preparation.sender,
      authors: preparation.authors,
    };
  };

  it('give sender and From', () => {
    const made = from('');
    expect(made.header).toBe('From: "Alice Liddell" <a.liddell@example.org>\n');
    expect(made.sender).toEqual({ localPart: 'a.liddell', domain: 'example.org' });
  });

  it('replace every From where the first one stands', () => {
    expect(from('From: x@x.test\nSubject: s\nFrom: y@x.test\n').header).toBe(
      'From: "Alice Liddell" <a.liddell@example.org>\nSubject: s\n',
    );
  });

  it('change nothing if From says so already', () => {
    const same = 'From: "Alice Liddell"\n <a.liddell@example.org>\n';
    expect(from(same).header).toBe(same);
  });

  it('encode what is not ASCII, and do not quote what is encoded', () => {
    expect(from('', 'joerg').header).toBe('From: =?utf-8?B?SsO2cmc=?= <joerg@example.com>\n');
    expect(from('', 'enc').header).toBe('From: =?utf-8?q?J=C3=B6rg?= <e@example.org>\n');
    expect(from('', 'plain').header).toBe('From: p@example.org\n');
  });

  it('do not ask the sender policy about what the operator wrote', () => {
    expect(from('From: x@x.test\nSender: s@x.test\n').authors).toEqual([{ localPart: 's', domain: 'x.test' }]);
  });

  it('ask it about what a user wrote, and prefer that', () => {
    const own = mapNames({ 'alice@example.com': { name: 'Me', address: 'me@elsewhere.test' } });
    const { rest, preparation } = prepare(`${DATE}${ID}${TO}\n`, {
      facts: { home: '/home/alice' },
      options: { names, userNames: (home) => (home === '/home/alice' ? own : undefined) },
    });
    expect(rest).toContain('From: "Me" <me@elsewhere.test>\n');
    expect(preparation.authors).toEqual([{ localPart: 'me', domain: 'elsewhere.test' }]);
    expect(preparation.sender).toEqual({ localPart: 'me', domain: 'elsewhere.test' });
  });

  it('leave other senders alone', () => {
    expect(from(FROM, 'nobody').header).toBe(FROM);
  });
});

describe('signed messages', () => {
  const complete = `${DATE}${ID}${FROM}${TO}Subject: =?utf-8?q?x?=\n\tfolded \n`;

  it.each([
    [
      'DKIM',
      'DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x;\n\th=from:to:subject; bh=abc=; b=def=\n',
      'body\n',
    ],
    [
      'S/MIME',
      'MIME-Version: 1.0\nContent-Type: multipart/signed; protocol="application/pkcs7-signature";\n micalg=sha-256; boundary="b"\n',
      '--b\nContent-Type: text/plain\n\ntext \n.\n..\n\n--b\nContent-Type: application/pkcs7-signature\n\n\x00\xff\n--b--\n',
    ],
    [
      'PGP/MIME',
      'Content-Type: multipart/signed; boundary="b"; protocol="application/pgp-signature"\n',
      '--b\n\nFrom x\n>From y\n--b--\n',
    ],
  ])('%s goes through but for Received', (_, field, body) => {
    const message = `${complete}${field}\n${body}`;
    const digest = (text: string): string => createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex');
    expect(digest(prepare(message).rest)).toBe(digest(message));
  });

  it('nothing is mended under a DKIM signature, but what is missing is added', () => {
    const header = `DKIM-Signature: x\nDate: 1 Jan 99 1:00 EST\nTo: a@x.test b@x.test\nFrom: c@x.test <c@x.test>\n`;
    expect(headerOf(header)).toBe(`${header}Message-ID: <20261121100000.b7Q2@mail.example.com>\n`);
    expect(headerOf(header.replace('DKIM-Signature: x\n', ''))).not.toContain('a@x.test b@x.test');
  });
});

describe('any header', () => {
  const name = fc.constantFrom(
    ...[
      'To',
      'Cc',
      'From',
      'Sender',
      'Reply-To',
      'Date',
      'Message-ID',
      'Bcc',
      'Subject',
      'X-Y',
      'Received',
      'to ',
      'DATE',
    ],
    ...['Content-Length', 'Return-Path', 'Resent-Bcc', 'DKIM-Signature'],
  );
  const value = fc.oneof(
    fc.constantFrom(
      ...[
        'bob',
        'bob, "Jim" jim@cs+',
        'a@b.c d@e.f',
        '',
        ' ',
        'x: ;',
        '1 Jan 99 1:00 EST',
        'Sat, 21 Nov 2026 10:00:00 +0000',
      ],
      ...['a@b <a@b>', '"open', '<open', 'a,\n b', '=?utf-8?q?x?= <a@b.c>', 'yesterday', '<x@y>', 'a;b'],
    ),
    fc.string({ unit: fc.constantFrom(...Array.from('ab@.,;:<>"()[]\\ \t\xe4=?')), maxLength: 12 }),
  );
  const header = fc
    .array(fc.tuple(name, value), { maxLength: 8 })
    .map((fields) => fields.map(([field, text]) => `${field}: ${text}\n`).join(''));
  const setting = fc.record({
    compat: fc.constantFrom('postern' as const, 'ofmipd' as const),
    addSender: fc.boolean(),
    duplicates: fc.constantFrom('first' as const, 'keep' as const),
  });

  it('is complete after it was completed once', () => {
    fc.assert(
      fc.property(header, setting, (text, { compat: _, ...options }) => {
        const once = prepare(`${text}\nbody`, { options }).rest;
        expect(prepare(once, { options }).rest).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it('comes out as a valid header, with the body unchanged', () => {
    fc.assert(
      fc.property(header, setting, fc.string(), (text, options, body) => {
        const { text: out } = prepare(`${text}\n${body}`, { options });
        const end = out.indexOf('\n\n');
        expect(out.slice(end + 2)).toBe(Buffer.from(body, 'latin1').toString('latin1'));
        for (const line of out.slice(0, end).split('\n')) expect(line).toMatch(/^(?:[!-9;-~]+[ \t]*:|[ \t])/);
        const names =
          out
            .slice(0, end)
            .toLowerCase()
            .match(/^[!-9;-~]+(?=[ \t]*:)/gm) ?? [];
        expect(names).toEqual(expect.arrayContaining(['received', 'date', 'message-id', 'from']));
        expect(names).not.toContain('bcc');
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on how it is split', () => {
    fc.assert(
      fc.property(header, fc.nat(100), (text, at) => {
        const octets = Buffer.from(`${text}\nbody`, 'latin1');
        const cut = Math.min(at, octets.length);
        const whole = prepare(octets.toString('latin1'));
        const { rest } = prepare(octets.toString('latin1', 0, cut) + octets.toString('latin1', cut));
        expect(rest).toBe(whole.rest);
      }),
    );
  });
});
