import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mapNames } from '../../src/message/names.js';
import { prepare } from './message-helpers.js';

// headers.txt: headers of many kinds. ofmipd.txt: what ofmipd of mess822 0.58 made of each, by hand, with the same control
// files as in message-helpers.ts; the time of DATA is written NOW, and count and process id of a Message-ID are left out.
const casesOf = (file: string): (readonly [name: string, text: string])[] =>
  readFileSync(new URL(`./data/${file}`, import.meta.url), 'latin1')
    .split(/^%% /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const);

const headers = casesOf('headers.txt');
const expected = new Map(casesOf('ofmipd.txt'));

function withoutTime(text: string): string {
  const now = text.includes('Date: 21 Nov 2026 10:00:00 -0000\n');
  return text
    .replaceAll('21 Nov 2026 10:00:00 -0000', 'NOW')
    .replace('.b7Q2.qmail@', '.N.qmail@')
    .replace('<20261121100000.N.qmail@', now ? '<NOW.qmail@' : '<20261121100000.N.qmail@');
}

describe('compat = "ofmipd"', () => {
  it('has enough to compare with', () => {
    expect(headers.length).toBeGreaterThanOrEqual(200);
    expect([...expected.keys()]).toEqual(headers.map(([name]) => name));
  });

  it.each(headers)('%s', (name, header) => {
    const { text } = prepare(`${header}\nbody\n`, { options: { compat: 'ofmipd' } });
    expect(withoutTime(text)).toBe(expected.get(name));
  });

  it('replaces From by a name table as ofmipd does', () => {
    const names = mapNames({ 'alice@example.com': { name: 'Alice "A" [x]', address: 'a b@example.org' } });
    const { text, preparation } = prepare('From: x\nTo: y\n\n', { options: { compat: 'ofmipd', names } });
    expect(text).toContain('\nFrom: "Alice \\"A\\" \\[x\\]" <"a b"@example.org>\n');
    expect(preparation.sender).toEqual({ localPart: 'a b', domain: 'example.org' });
    expect(preparation.authors).toEqual([]);
  });

  it('hides the client if it must', () => {
    expect(prepare('To: y\n\n', { options: { compat: 'ofmipd', hideClient: true } }).text).toMatch(
      /^Received: \(ofmipd unknown\); /,
    );
  });
});

describe('the same headers without it', () => {
  it.each(headers)('%s: completing twice changes nothing the second time', (_, header) => {
    const once = prepare(`${header}\nbody\n`).rest;
    expect(prepare(once).rest).toBe(once);
  });
});
