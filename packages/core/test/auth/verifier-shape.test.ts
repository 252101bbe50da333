import { describe, expect, it } from 'vitest';
import { checkVerifier } from '../../src/auth/verifier-shape.js';
import { OptionError } from '../../src/base/options.js';

const good = {
  name: 'my-verifier',
  checks: new Set(['password']),
  verify: () => Promise.resolve({ outcome: 'rejected' }),
};
const exchange = { begin: () => undefined, mechanisms: new Set(['XOAUTH2']) };

describe('checkVerifier', () => {
  it.each([
    ['a verifier', good],
    ['one that can be closed', { ...good, close: () => Promise.resolve() }],
    ['one that leads exchanges', { ...good, ...exchange }],
    ['one that only leads exchanges', { ...good, checks: new Set(), ...exchange }],
    [
      'checks that are computed',
      { ...good, checks: { has: () => true, [Symbol.iterator]: () => ['cram-md5'].values() } },
    ],
  ])('takes %s', (_name, value) => {
    expect(checkVerifier(value, './x.js')).toBe(value);
  });

  it.each([
    [undefined, './x.js: verifier: found nothing; allowed: a verifier'],
    [null, './x.js: verifier: found null; allowed: a verifier'],
    ['imap', './x.js: verifier: found "imap"; allowed: a verifier'],
    [() => good, './x.js: verifier: found a function; allowed: a verifier: what the factory returns when it is called'],
    [Promise.resolve(good), './x.js: verifier: found a promise; allowed: a verifier: what the promise resolves to'],
    [{}, './x.js: name: found nothing; allowed: a short name of a-z, 0-9, dot and hyphen'],
    [
      { ...good, name: 'My Verifier' },
      './x.js: name: found "My Verifier"; allowed: a short name of a-z, 0-9, dot and hyphen',
    ],
    [
      { ...good, checks: ['password'] },
      './x.js: checks: found ["password"]; allowed: a Set of "password" and "cram-md5"',
    ],
    [
      { ...good, checks: new Set(['pasword']) },
      './x.js: checks: found "pasword"; allowed: a Set of "password" and "cram-md5"',
    ],
    [
      { ...good, checks: new Set() },
      './x.js: checks: found []; allowed: a Set of "password" and "cram-md5", not empty',
    ],
    [{ ...good, verify: undefined }, './x.js: verify: found nothing; allowed: a method verify(credentials, context)'],
    [{ ...good, close: true }, './x.js: close: found true; allowed: a method, or nothing'],
    [{ ...good, begin: 'x' }, './x.js: begin: found "x"; allowed: a method begin(mechanism, context), or nothing'],
    [{ ...good, begin: () => 0 }, './x.js: mechanisms: found nothing; allowed: a Set of mechanism names, beside begin'],
    [
      { ...good, mechanisms: new Set() },
      './x.js: begin: found nothing; allowed: a method begin(mechanism, context), beside mechanisms',
    ],
  ])('refuses %s', (value, message) => {
    expect(() => checkVerifier(value, './x.js')).toThrow(OptionError);
    expect(() => checkVerifier(value, './x.js')).toThrow(message);
  });
});
