import { describe, expect, it } from 'vitest';
import type { MessageFacts } from '../../src/message/facts.js';
import { addressLiteral, protocolName, receivedField } from '../../src/message/received.js';
import { facts } from './message-helpers.js';

const shown = (changed: Partial<MessageFacts>, hideClient = false): string =>
  receivedField({ ...facts, ...changed }, { hideClient });

describe('receivedField', () => {
  it('has the form of RFC 5321 §4.4', () => {
    expect(shown({})).toBe(
      'Received: from client.example ([192.0.2.1])\n\tby mail.example.com with ESMTPSA id b7Q2\n' +
        '\t(TLSv1.3 TLS_AES_256_GCM_SHA384);\n\tSat, 21 Nov 2026 10:00:00 +0000\n',
    );
  });

  it('says nothing of the client if it must not', () => {
    const field = shown({}, true);
    expect(field).toMatch(/^Received: by mail\.example\.com with ESMTPSA id b7Q2\n/);
    expect(field).not.toContain('192.0.2.1');
    expect(field).not.toContain('client.example');
  });

  it('never shows the login', () => {
    expect(shown({ login: 'secret-login' })).not.toContain('secret-login');
  });

  it('writes IPv6 as RFC 5321 §4.1.3 does', () => {
    expect(addressLiteral('2001:db8::1')).toBe('[IPv6:2001:db8::1]');
    expect(shown({ peer: { address: '2001:db8::1', port: 1 } })).toContain('([IPv6:2001:db8::1])');
    expect(shown({ peer: { address: '', port: 0 } })).toContain('from client.example\n\tby');
  });

  it.each([
    ['', 'unknown'],
    ['[127.0.0.1]', '[127.0.0.1]'],
    ['[IPv6:::1]', '[IPv6:::1]'],
    ['my_pc', 'my_pc'],
    ['a b', 'a?b'],
    ['x (evil', 'x??evil'],
    ['x;y', 'x?y'],
    ['x\r\nBcc: y', 'x??Bcc:?y'],
    ['[x', '?x'],
    ['b\u00fccher', 'b?cher'],
    ['\0\\"<>,@', '???????'],
    ['a'.repeat(300), 'a'.repeat(255)],
  ])('makes HELO %j safe', (helo, expected) => {
    expect(shown({ helo }).split('\n')[0]).toBe(`Received: from ${expected} ([192.0.2.1])`);
  });

  it('is four header lines whatever is in it', () => {
    const nasty = '\n\r)(\0;\u2028x';
    const field = shown({
      helo: nasty,
      id: nasty,
      hostname: nasty,
      tls: { protocol: nasty, cipher: nasty, servername: nasty },
    });
    expect(field).toMatch(/^Received: [\x20-\x7e]+\n(\t[\x20-\x7e]+\n){3}$/);
  });
});

describe('protocolName (RFC 3848)', () => {
  const tls = { protocol: 'TLSv1.2', cipher: 'X', servername: '' };
  it.each([
    [{ extended: false, authenticated: false }, 'SMTP'],
    [{ extended: false, authenticated: false, tls }, 'SMTP'],
    [{ extended: true, authenticated: false }, 'ESMTP'],
    [{ extended: true, authenticated: true }, 'ESMTPA'],
    [{ extended: true, authenticated: false, tls }, 'ESMTPS'],
    [{ extended: true, authenticated: true, tls }, 'ESMTPSA'],
  ])('%j is %s', (state, expected) => {
    expect(protocolName(state)).toBe(expected);
  });
});
