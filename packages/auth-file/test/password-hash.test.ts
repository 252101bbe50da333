import { scryptSync } from 'node:crypto';
import { Secret } from '@postern/core';
import { describe, expect, it } from 'vitest';
import { hashPassword, matches, parseHash } from '../src/password-hash.js';

const CHEAP = { ln: 4 };

describe('hashes', () => {
  it('have the PHC form, with the parameters of today', async () => {
    expect(await hashPassword('wonderland')).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  });

  it('are of the password and of nothing else', async () => {
    const hash = parseHash(await hashPassword('wonderland', CHEAP));
    expect(await matches(Buffer.from('wonderland'), hash!)).toBe(true);
    for (const wrong of ['wonderlan', 'wonderland ', 'Wonderland', ''])
      expect(await matches(Buffer.from(wrong), hash!)).toBe(false);
  });

  it('have a salt of their own', async () => {
    expect(await hashPassword('x', CHEAP)).not.toBe(await hashPassword('x', CHEAP));
  });

  it('take a secret, and leave it to its owner', async () => {
    const secret = Secret.of('wonderland');
    const hash = parseHash(await hashPassword(secret, CHEAP));
    expect(await matches(secret.bytes(), hash!)).toBe(true);
  });

  // RFC 7914 §12, the second vector, in PHC form.
  it('are those of RFC 7914', async () => {
    const hex =
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640';
    const encode = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
    const text = `$scrypt$ln=10,r=8,p=16$${encode(Buffer.from('NaCl'.padEnd(8, '\0')))}$${encode(Buffer.from(hex, 'hex'))}`;
    expect(scryptSync('password', 'NaCl', 64, { N: 1024, r: 8, p: 16 }).toString('hex')).toBe(hex);
    // "NaCl" is shorter than any salt that is accepted, so only the reading is tested here.
    expect(parseHash(text)?.hash.toString('hex')).toBe(hex);
  });

  it.each([
    '',
    '$scrypt$',
    '$scrypt$ln=15,r=8,p=1$$',
    '$scrypt$ln=15,r=8,p=1$c2FsdHNhbHRzYWx0$short',
    '$scrypt$ln=15,r=8$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=0,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    // A line that would take 8 GiB a login.
    '$scrypt$ln=23,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=15,r=8,p=99$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$AAAA',
  ])('%s cannot be read', (text) => {
    expect(parseHash(text)).toBeUndefined();
  });

  it('are not made of nothing, nor at any cost', async () => {
    await expect(hashPassword('')).rejects.toThrow(RangeError);
    await expect(hashPassword('x', { ln: 30 })).rejects.toThrow('ln=30,r=8,p=1');
  });
});
