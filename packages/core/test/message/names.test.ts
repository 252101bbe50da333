import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCdb, openCdb } from '../../src/message/cdb.js';
import { nameFile, userNameFiles } from '../../src/name-files.js';
import { compileNameSource, parseNameSource } from '../../src/message/name-source.js';
import { cdbNames, mapNames } from '../../src/message/names.js';

const octets = (text: string): Buffer => Buffer.from(text, 'utf8');
const alice = { localPart: 'alice', domain: 'example.com' };

describe('cdb', () => {
  it('finds what was put in, and nothing else', () => {
    const entry = fc.tuple(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), fc.uint8Array({ maxLength: 12 }), (entries, other) => {
        const cdb = openCdb(makeCdb(entries.map(([key, value]) => ({ key, value }))));
        const first = new Map<string, Uint8Array>();
        for (const [key, value] of entries) {
          const name = Buffer.from(key).toString('hex');
          if (!first.has(name)) first.set(name, value);
        }
        for (const [key] of entries) {
          expect(cdb.get(key)).toEqual(Buffer.from(first.get(Buffer.from(key).toString('hex')) ?? []));
        }
        const expected = first.get(Buffer.from(other).toString('hex'));
        expect(cdb.get(other)).toEqual(expected === undefined ? undefined : Buffer.from(expected));
      }),
    );
  });

  // The digest of what ofmipname of mess822 0.58 made of this text.
  it('is what ofmipname writes, octet for octet', () => {
    const made = compileNameSource(octets('# comment\njoe@sun.af.mil:Joe Shmoe:J.Shmoe@sun.af.mil:\n'));
    expect(createHash('sha256').update(made).digest('hex')).toBe(
      'b6a0edb9ef5a8499f49284606b6996dea61b401b95091e79c9742a4739bb7db6',
    );
  });

  it('that is damaged is an error, and never more work than its length', () => {
    const good = makeCdb([{ key: octets('k'), value: octets('v') }]);
    expect(() => openCdb(good.subarray(0, 2000))).toThrow('too short');
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length - 2048), (at, octet, cut) => {
        const bad = Buffer.from(good.subarray(0, good.length - cut));
        if (at < bad.length) bad[at] = octet;
        try {
          openCdb(bad).get(octets('k'));
        } catch (error) {
          expect((error as Error).message).toMatch(/^cdb: /);
        }
      }),
    );
  });
});

describe('the source of ofmipname(8)', () => {
  it('is lines of three colons', () => {
    const source = '#a:b:c:\n\na@x:A:b@x:\nno:colon\nno:final:colon\n:empty:key@x:\na@x:B:c@x:rest:more\nlast:L:l@x:';
    expect(parseNameSource(octets(source))).toEqual([
      { key: 'a@x', name: 'A', address: 'b@x' },
      { key: '', name: 'empty', address: 'key@x' },
      { key: 'a@x', name: 'B', address: 'c@x' },
      { key: 'last', name: 'L', address: 'l@x' },
    ]);
  });

  it('makes a table in which the first line of a key counts', () => {
    const table = cdbNames(
      openCdb(compileNameSource(octets('alice@example.com:J\u00f6rg:j@x:\nalice@example.com:B:b@x:\n::null@x:\n'))),
    );
    expect(table.find(alice)).toEqual({ name: 'J\u00f6rg', address: { localPart: 'j', domain: 'x' } });
    expect(table.find({ localPart: 'alice', domain: 'Example.COM' })?.name).toBe('J\u00f6rg');
    expect(table.find({ localPart: 'Alice', domain: 'example.com' })).toBeUndefined();
    expect(table.find(null)).toEqual({ name: '', address: { localPart: 'null', domain: 'x' } });
  });

  it('gives an error for values that are none', () => {
    const table = (value: string): unknown =>
      cdbNames(openCdb(makeCdb([{ key: octets('alice@example.com'), value: octets(value) }]))).find(alice);
    expect(() => table('no NUL')).toThrow('without NUL');
    // A second NUL would end the address in the envelope and begin another recipient.
    expect(() => table('name\0a@x\0Tevil@x')).toThrow('control character');
    expect(table('name\0"a@b"@x')).toEqual({ name: 'name', address: { localPart: '"a@b"', domain: 'x' } });
    expect(table('name\0')).toEqual({ name: 'name', address: null });
  });
});

describe('a plain map', () => {
  it('is a table too', () => {
    const table = mapNames({ 'alice@Example.com': { name: 'A' }, 'bob@x': { name: 'B', address: 'b@y' } });
    expect(table.find(alice)).toEqual({ name: 'A', address: { localPart: 'alice', domain: 'Example.com' } });
    expect(table.find({ localPart: 'bob', domain: 'X' })?.address).toEqual({ localPart: 'b', domain: 'y' });
    expect(table.find(null)).toBeUndefined();
  });

  it('is checked', () => {
    expect(() => mapNames({ a: { nme: 'x' } } as never)).toThrow('names: a.nme: found an unknown key');
    expect(() => mapNames({ a: { address: 'x\0y' } })).toThrow('no control characters');
  });
});

describe('name files', () => {
  const places: string[] = [];
  const place = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'postern-names-'));
    places.push(made);
    return made;
  };
  afterEach(() => {
    for (const made of places.splice(0)) rmSync(made, { recursive: true });
  });

  it('are read again when a new file is put in their place', () => {
    const path = join(place(), 'name.cdb');
    writeFileSync(path, compileNameSource(octets('alice@example.com:One:1@x:\n')));
    const table = nameFile(path);
    expect(table.find(alice)?.name).toBe('One');
    writeFileSync(`${path}.tmp`, compileNameSource(octets('alice@example.com:Two:2@x:\n')));
    renameSync(`${path}.tmp`, path);
    expect(table.find(alice)?.name).toBe('Two');
    rmSync(path);
    expect(() => table.find(alice)).toThrow('ENOENT');
  });

  it('have to be there at the start', () => {
    expect(() => nameFile(join(place(), 'none.cdb'))).toThrow('ENOENT');
    expect(() => nameFile(place())).toThrow();
  });

  it("are a user's own under ~/.ofmipd", () => {
    const home = place();
    const tables = userNameFiles();
    expect(tables(home)).toBeUndefined();
    mkdirSync(join(home, '.ofmipd'));
    writeFileSync(join(home, '.ofmipd', 'rules.cdb'), compileNameSource(octets('alice@example.com:Own:o@x:\n')));
    expect(tables(home)?.find(alice)?.name).toBe('Own');
    expect(tables('relative')).toBeUndefined();
    writeFileSync(join(home, '.ofmipd', 'rules.cdb'), 'rubbish');
    expect(() => tables(home)).toThrow('cdb: too short');
  });
});
