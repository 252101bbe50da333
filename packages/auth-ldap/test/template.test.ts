import { FilterParser } from 'ldapts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeDnValue, escapeFilterValue, fillDn, fillFilter, isFilter } from '../src/template.js';

describe('escapeDnValue (RFC 4514 §2.4)', () => {
  it.each([
    ['alice', 'alice'],
    ['alice@example.com', 'alice@example.com'],
    ['a,b+c=d', 'a\\2cb\\2bc\\3dd'],
    ['#a', '\\23a'],
    [' a ', '\\20a\\20'],
    ['"<>;\\', '\\22\\3c\\3e\\3b\\5c'],
    ['\0', '\\00'],
    ['ünï', 'ünï'],
  ])('%j', (value, expected) => {
    expect(escapeDnValue(value)).toBe(expected);
  });

  it('leaves nothing that could end a value, and loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab,+="\\<>;# \0ü'.split('')) }), (value) => {
        const escaped = escapeDnValue(value);
        expect(escaped.replace(/\\[0-9a-f]{2}/g, '')).not.toMatch(/[,+="\\<>;# \0]/);
        expect(escaped.replace(/\\([0-9a-f]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)))).toBe(
          value,
        );
      }),
    );
  });
});

describe('escapeFilterValue (RFC 4515 §3)', () => {
  it('makes every login a value and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab*()\\&|!=~<> \0ü'.split('')) }), (value) => {
        const filter = FilterParser.parseString(`(&(objectClass=person)(uid=${escapeFilterValue(value)}))`);
        expect(filter).toMatchObject({ filters: [{ attribute: 'objectClass' }, { attribute: 'uid', value }] });
      }),
    );
  });
});

describe('templates', () => {
  it('fill in the login, and its parts around the last @', () => {
    expect(fillDn('uid={user},dc={domain}', 'a@b@c,d')).toBe('uid=a@b,dc=c\\2cd');
    expect(fillDn('uid={user},dc={domain}', 'alice')).toBe('uid=alice,dc=');
    expect(fillFilter('(|(uid={login})(mail={login}))', '{user}')).toBe('(|(uid={user})(mail={user}))');
  });

  it.each([
    ['(uid={login})', true],
    ['uid={login}', true],
    ['(&(a=b)(c={login}))', true],
    ['(uid={login}', false],
    ['((uid={login}))', false],
    ['(uid)', false],
  ])('%s is a filter: %s', (template, expected) => {
    expect(isFilter(template)).toBe(expected);
  });
});
