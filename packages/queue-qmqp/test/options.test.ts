import { describe, expect, it } from 'vitest';
import { OptionError } from '@postern/core';
import { qmqp } from '../src/index.js';
import type { QmqpOptions } from '../src/index.js';
import { parseServerAddress } from '../src/server-address.js';

describe('options', () => {
  it.each<[unknown, string, RegExp]>([
    [{}, 'servers', /array/],
    [{ servers: [] }, 'servers', /at least 1/],
    [{ servers: ['a', 'b:x'] }, 'servers[1]', /host:port/],
    [{ servers: ['a:0'] }, 'servers[0]', /host:port/],
    [{ servers: ['a'], timeout: 0 }, 'timeout', /1 or more/],
    [{ servers: ['a'], concurrency: 0 }, 'concurrency', /1 or more/],
    [{ servers: ['a'], memory: -1 }, 'memory', /0 or more/],
    [{ servers: ['a'], server: 'b' }, 'server', /servers/],
  ])('%j: %s', (options, key, allowed) => {
    expect(() => qmqp(options as QmqpOptions)).toThrow(OptionError);
    try {
      qmqp(options as QmqpOptions);
    } catch (error) {
      expect((error as OptionError).owner).toBe('qmqp');
      expect((error as OptionError).key).toBe(key);
      expect((error as OptionError).allowed).toMatch(allowed);
    }
  });
});

describe('addresses of servers', () => {
  it.each([
    ['mail.example.com', 'mail.example.com', 628],
    ['mail.example.com:6280', 'mail.example.com', 6280],
    ['10.0.0.1', '10.0.0.1', 628],
    ['10.0.0.1:65535', '10.0.0.1', 65535],
    ['[2001:db8::1]', '2001:db8::1', 628],
    ['[2001:db8::1]:629', '2001:db8::1', 629],
    ['[fe80::1%eth0]:629', 'fe80::1%eth0', 629],
    ['2001:db8::1', '2001:db8::1', 628],
    ['::1', '::1', 628],
  ])('%s', (text, host, port) => {
    expect(parseServerAddress(text)).toMatchObject({ host, port });
  });

  it.each([
    '',
    ' ',
    ':628',
    'a:',
    'a:b',
    'a:0',
    'a:65536',
    'a:123456',
    '[::1',
    '::1]:1',
    '[]:1',
    'a b',
    'a/b',
    '[::1]x',
  ])('not %j', (text) => {
    expect(parseServerAddress(text)).toBeUndefined();
  });
});
