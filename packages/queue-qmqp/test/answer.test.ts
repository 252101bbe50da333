import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerReader } from '../src/answer.js';
import { outcome } from '../src/outcome.js';
import { netstring } from './qmqp-server.js';

const NOW = 1_700_000_000_000;

describe('the answer of a server', () => {
  it.each(['Kok 1 qp 2', 'Z', 'Dno (#5.1.1)', 'K'])('%j, split at every octet', (said) => {
    const octets = netstring(said);
    for (let at = 0; at <= octets.length; at++) {
      const reader = answerReader();
      reader.push(octets.subarray(0, at));
      reader.push(octets.subarray(at));
      expect(reader.complete).toBe(true);
      expect(reader.answer).toEqual({ verb: said[0], text: said.slice(1) });
    }
  });

  it('counts from its first octet on, whatever becomes of the text', () => {
    const reader = answerReader();
    reader.push(Buffer.from('12:'));
    expect(reader.answer).toBeUndefined();
    reader.push(Buffer.from('Ko'));
    expect(reader.answer).toEqual({ verb: 'K', text: 'o' });
    expect(reader.complete).toBe(false);
  });

  it.each(['', ':', '0:,', 'K', 'ok', '250 ok\r\n', '-1:K,', ' 3:Kok,', '9999999999:K', '3:Xok,', '1:k,', '3 :Kok,'])(
    '%j is none',
    (said) => {
      const reader = answerReader();
      reader.push(Buffer.from(said));
      expect(reader.answer).toBeUndefined();
      expect(reader.complete).toBe(false);
      expect(reader.malformed).toBe(said !== '');
    },
  );

  it('reads no more text than is useful', () => {
    const reader = answerReader();
    reader.push(Buffer.from('900000000:D'));
    for (let i = 0; i < 100 && !reader.complete; i++) reader.push(Buffer.alloc(1000, 'x'));
    expect(reader.complete).toBe(true);
    expect(reader.answer?.text.length).toBe(1024);
  });

  it('never throws, and never sees K where there is none', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (chunks) => {
        const reader = answerReader();
        for (const chunk of chunks) reader.push(chunk);
        const all = Buffer.concat(chunks).toString('latin1');
        expect(reader.answer?.verb === 'K').toBe(/^0*[1-9]\d*:K/.test(all) && /^\d{1,9}:/.test(all));
      }),
    );
  });
});

describe('what becomes of it', () => {
  it.each([
    ['ok 1700000000 qp 4711', '1700000000 qp 4711'],
    ['Ok: queued as 3A1B2C', 'queued as 3A1B2C'],
    ['2.6.0 Accepted message qp 4711 bytes 99', 'Accepted message qp 4711 bytes 99'],
    ['', '1700000000 qmqp'],
    ['ok', '1700000000 qmqp'],
    ['\r\n\r\n', '1700000000 qmqp'],
  ])('K %j', (text, id) => {
    expect(outcome({ verb: 'K', text }, NOW)).toEqual({ outcome: 'queued', id });
  });

  it.each([
    ['D', '5.7.1 not from here', 'refused', 'not from here', [7, 1]],
    ['D', 'not from here (#5.7.1)', 'refused', 'not from here (#5.7.1)', [7, 1]],
    ['Z', 'queue is full (#4.3.1)', 'deferred', 'queue is full (#4.3.1)', [3, 1]],
    ['Z', '5.7.1 contradicts itself', 'deferred', 'contradicts itself', undefined],
    ['D', '4.3.0 contradicts itself', 'refused', 'contradicts itself', undefined],
    ['D', '', 'refused', undefined, undefined],
    ['D', '5.1.1', 'refused', undefined, [1, 1]],
    ['D', 'a\r\n250 ok\0\x1b[1m', 'refused', 'a 250 ok [1m', undefined],
    ['D', 'caf\xe9', 'refused', 'caf?', undefined],
  ] as const)('%s %j', (verb, said, what, text, status) => {
    expect(outcome({ verb, text: said }, NOW)).toMatchObject({
      outcome: what,
      ...(text === undefined ? {} : { text }),
      ...(status === undefined ? {} : { status }),
    });
    const result = outcome({ verb, text: said }, NOW);
    expect('text' in result).toBe(text !== undefined);
    expect('status' in result).toBe(status !== undefined);
  });

  it('no text of a server can leave its reply line', () => {
    fc.assert(
      fc.property(fc.constantFrom('K', 'Z', 'D'), fc.string({ unit: 'binary', maxLength: 2000 }), (verb, text) => {
        const result = outcome({ verb, text }, NOW);
        const said = result.outcome === 'queued' ? result.id : (result.text ?? '-');
        expect(said).toMatch(/^[\x20-\x7e]{1,400}$/);
      }),
    );
  });
});
