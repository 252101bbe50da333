import { verifyContext } from '@postern/core/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeValue, unescapeValue } from '../src/escape.js';
import { authLine, continueLine, readLine } from '../src/protocol.js';

describe('escapes', () => {
  it('are those that Dovecot 2.3 was seen to write', () => {
    expect(escapeValue('a\0b\x01c\td\re\nf')).toBe('a\x010b\x011c\x01td\x01re\x01nf');
  });

  it('leave no separator and lose nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\0', '\x01', '\t', '\r', '\n', '0', 't', 'ü', '=', 'x') }),
        (value) => {
          expect(escapeValue(value)).not.toMatch(/[\0\t\r\n]/);
          expect(unescapeValue(escapeValue(value))).toBe(value);
        },
      ),
    );
  });
});

describe('readLine', () => {
  it.each([
    ['VERSION\t1\t2', { line: 'version', major: 1 }],
    ['VERSION', { line: 'version', major: 0 }],
    [
      'MECH\tplain\tplaintext\tprivate',
      { line: 'mechanism', mechanism: { name: 'PLAIN', flags: new Set(['plaintext', 'private']) } },
    ],
    ['DONE', { line: 'done' }],
    ['SPID\t1', { line: 'unknown' }],
    ['', { line: 'unknown' }],
    ['CONT\t7\tYQ==', { line: 'answer', id: 7, answer: { kind: 'continue', data: Buffer.from('a') } }],
    ['CONT\t7', { line: 'answer', id: 7, answer: { kind: 'continue', data: Buffer.alloc(0) } }],
    [
      'OK\t7\tuser=a=b\tnologin',
      {
        line: 'answer',
        id: 7,
        answer: {
          kind: 'ok',
          fields: new Map([
            ['user', 'a=b'],
            ['nologin', ''],
          ]),
        },
      },
    ],
    ['OK\t-7\tuser=a', { line: 'unknown' }],
    ['FAIL\t7\ttemp', { line: 'answer', id: 7, answer: { kind: 'fail', fields: new Map([['temp', '']]) } }],
    ['FAIL', { line: 'unknown' }],
    [' OK\t7', { line: 'unknown' }],
  ])('%j', (line, expected) => {
    expect(readLine(line)).toEqual(expected);
  });
});

describe('lines to Dovecot', () => {
  it('tell an empty response from none, and put it last', () => {
    const context = verifyContext();
    expect(authLine(1, 'PLAIN', 'smtp', context, Buffer.alloc(0))).toMatch(/\tresp=\n$/);
    expect(authLine(1, 'PLAIN', 'smtp', context, undefined)).not.toContain('resp');
    expect(continueLine(3, Buffer.alloc(0))).toBe('CONT\t3\t\n');
  });

  it('do not say "secured" where there is no TLS, and name no address that is none', () => {
    const { tls: _none, ...facts } = verifyContext();
    const nowhere = { address: '', port: 0 };
    expect(authLine(1, 'PLAIN', 'smtp', { ...facts, peer: nowhere, local: nowhere }, undefined)).toBe(
      'AUTH\t1\tPLAIN\tservice=smtp\tsession=contract\n',
    );
  });

  it('are one line each, whatever the client is called', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.uint8Array(), (sessionId, servername, response) => {
        const tls = { protocol: 'TLSv1.3', cipher: 'x', servername };
        const line = authLine(1, 'PLAIN', 'smtp', { ...verifyContext(), sessionId, tls }, Buffer.from(response));
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(line.split('\t').filter((value) => value.startsWith('resp='))).toHaveLength(1);
      }),
    );
  });
});
