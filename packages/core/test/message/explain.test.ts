import { describe, expect, it } from 'vitest';
import { explainMessage } from '../../src/message/explain.js';
import { mapNames } from '../../src/message/names.js';
import { facts, options } from './message-helpers.js';

const asked = {
  ...facts,
  sender: { localPart: 'alice', domain: '' },
  recipients: [{ localPart: 'jim', domain: 'cs+' }],
};

describe('explainMessage', () => {
  it('says what changes, and by which rule', () => {
    const message = 'Date: 1 Jan 99 1:00 EST\nTo: bob, "Jim" jim@cs+\nBcc: eve\nSubject: x\n\nbody\n';
    const {
      changes,
      envelope,
      envelopeOctets,
      message: out,
      fault,
    } = explainMessage(Buffer.from(message), asked, options);
    expect(fault).toBeUndefined();
    expect(changes).toEqual([
      {
        field: 'Date',
        action: 'changed',
        rules: ['date-mended'],
        before: 'Date: 1 Jan 99 1:00 EST',
        after: 'Date: Fri, 1 Jan 1999 01:00:00 -0500',
      },
      {
        field: 'To',
        action: 'changed',
        rules: ['host =:example.com', 'comma-added', 'host *+:.example.org'],
        before: 'To: bob, "Jim" jim@cs+',
        after: 'To: bob@example.com, "Jim"@example.com, jim@cs.example.org',
      },
      { field: 'Bcc', action: 'dropped', rules: ['not-for-others'], before: 'Bcc: eve' },
      {
        field: 'Message-ID',
        action: 'added',
        rules: ['message-id-missing'],
        after: 'Message-ID: <20261121100000.b7Q2@mail.example.com>',
      },
      { field: 'From', action: 'added', rules: ['from-missing'], after: 'From: alice@example.com' },
    ]);
    expect(envelope.map(({ role, rules }) => [role, rules])).toEqual([
      ['sender', ['host =:example.com']],
      ['recipient', ['host *+:.example.org']],
    ]);
    expect(envelopeOctets.toString()).toBe('Falice@example.com\0Tjim@cs.example.org\0\0');
    expect(out.toString()).toMatch(/^Received: [\s\S]*\nSubject: x\n[\s\S]*\n\nbody\n$/);
  });

  it('says which table named the sender', () => {
    const names = mapNames({ 'alice@example.com': { name: 'Alice', address: 'a@example.org' } });
    const { envelope, envelopeOctets, changes } = explainMessage(Buffer.from('From: x\n\n'), asked, {
      ...options,
      names,
    });
    expect(envelope[0]?.rules).toEqual(['host =:example.com', 'name-table']);
    expect(envelopeOctets.toString()).toMatch(/^Fa@example\.org\0/);
    expect(changes[0]).toMatchObject({ field: 'From', rules: ['name-table'], after: 'From: "Alice" <a@example.org>' });
  });

  it('says why a message would not be taken', () => {
    const received = 'Received: x\n'.repeat(100);
    expect(explainMessage(Buffer.from(`${received}\n`), asked, options).fault).toBe('too-many-hops');
  });

  it('says what is put between header and body', () => {
    const { changes } = explainMessage(Buffer.from('Subject: x\nno field\n'), asked, options);
    expect(changes.at(-1)).toMatchObject({ rules: ['empty-line-missing'] });
  });

  it('shows what compat = "ofmipd" makes of each field', () => {
    const message = 'Subject: x\nTo: "Bob" <bob@example.net>\nBcc: eve\nTo: carol\n\n';
    const { changes } = explainMessage(Buffer.from(message), asked, { ...options, compat: 'ofmipd' });
    expect(changes.map(({ field, action }) => `${action} ${field}`)).toEqual([
      'changed To',
      'dropped Bcc',
      'dropped To',
      'added Date',
      'added Message-ID',
      'added From',
    ]);
    expect(changes[0]?.after).toBe('To: "Bob" <bob@example.net>, carol@example.com');
  });
});
