import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkOptions, OptionError } from '../../src/base/options.js';

const schema = z.strictObject({
  port: z.number().int().min(1).max(65535).default(25),
  mode: z.enum(['a', 'b']).default('a'),
  list: z.array(z.strictObject({ name: z.string().min(1) })).default([]),
  password: z.string().max(3).optional(),
});

const complaint = (input: unknown): string => {
  try {
    checkOptions('test', schema, input);
  } catch (error) {
    if (error instanceof OptionError) return error.message;
    throw error;
  }
  return 'fine';
};

describe('checkOptions', () => {
  it('fills in defaults and freezes', () => {
    const options = checkOptions('test', schema, undefined);
    expect(options).toEqual({ port: 25, mode: 'a', list: [] });
    expect(Object.isFrozen(options)).toBe(true);
  });

  it.each([
    [{ port: 'x' }, 'test: port: found "x"; allowed: a number'],
    [{ port: 0 }, 'test: port: found 0; allowed: 1 or more'],
    [{ port: 70000 }, 'test: port: found 70000; allowed: 65535 or less'],
    [{ mode: 'c' }, 'test: mode: found "c"; allowed: "a", "b"'],
    [{ prot: 1 }, 'test: prot: found an unknown key; allowed: list, mode, password, port'],
    [{ list: [{ name: 'x', nmae: 'y' }] }, 'test: list[0].nmae: found an unknown key; allowed: name'],
    [{ list: [{}] }, 'test: list[0].name: found nothing; allowed: a string'],
    [{ list: [{ name: '' }] }, 'test: list[0].name: found ""; allowed: at least 1 in length'],
    [{ password: 'hunter2' }, 'test: password: found a string; allowed: at most 3 in length'],
    [7, 'test: options: found 7; allowed: an object'],
  ])('%j', (input, expected) => expect(complaint(input)).toBe(expected));
});
