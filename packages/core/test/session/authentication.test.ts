import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatReply } from '../../src/base/reply.js';
import type { SaslVerifier } from '../../src/ports/verifier.js';
import { ask, base64, reply, session, status } from './fixture.js';

const plain = (authzid: string, authcid: string, password: string): string =>
  base64(`${authzid}\0${authcid}\0${password}`);

const passwordOf = (step: ReturnType<typeof ask>): string[] =>
  step.ask === 'verify' && step.credentials.kind === 'password'
    ? [step.credentials.mechanism, step.credentials.login, step.credentials.password.text()]
    : [];

describe('AUTH', () => {
  it('is refused before TLS where TLS is required', () => {
    const open = session();
    open.command('EHLO x');
    expect(status(open.command(`AUTH PLAIN ${plain('', 'alice', 'pw')}`))).toBe('538 5.7.11');
  });

  it('comes once, not in a transaction, and not before EHLO', () => {
    expect(status(session('authenticated').command('AUTH PLAIN'))).toBe('503 5.5.1');
    expect(status(session('mail').command('AUTH PLAIN'))).toBe('503 5.5.1');
    const fresh = session('start', { requireTls: false });
    expect(status(fresh.command('AUTH PLAIN'))).toBe('503 5.5.1');
  });

  it.each([
    ['AUTH', '501 5.5.4'],
    ['AUTH PLAIN x y', '501 5.5.4'],
    ['AUTH NTLM', '504 5.5.4'],
    ['AUTH PLAIN ====', '501 5.5.2'],
    ['AUTH PLAIN YQ', '501 5.5.2'],
    ['AUTH PLAIN Y!Q=', '501 5.5.2'],
    [`AUTH PLAIN ${base64('no nul at all')}`, '501 5.5.2'],
    [`AUTH PLAIN ${base64('a\0b\0c\0d')}`, '501 5.5.2'],
    [`AUTH CRAM-MD5 ${base64('a b')}`, '501 5.5.2'],
  ])('%s is %s, and the session goes on', (line, said) => {
    const open = session('tls');
    expect(status(open.command(line))).toBe(said);
    expect(open.expects).toEqual({ read: 'command' });
    expect(status(open.command('NOOP'))).toBe('250 2.0.0');
  });

  it('says 235, 535 and 454 for the three outcomes', () => {
    expect(status(session('tls').attempted({ outcome: 'accepted', identity: { login: 'a' } }))).toBe('235 2.7.0');
    expect(status(session('tls').attempted({ outcome: 'rejected' }))).toBe('535 5.7.8');
    expect(status(session('tls').attempted({ outcome: 'unavailable', cause: 'secret inside' }))).toBe('454 4.7.0');
    expect(status(session('tls').attempted({ outcome: 'blocked' }))).toBe('454 4.7.0');
  });

  it('closes after too many failures; an outage is no failure', () => {
    const open = session('tls');
    for (let i = 0; i < 10; i++) open.attempted({ outcome: 'unavailable', cause: 'x' });
    expect(status(open.command('AUTH PLAIN'))).toBe('334');
    open.response('*');
    open.attempted({ outcome: 'rejected' });
    open.attempted({ outcome: 'rejected' });
    expect(reply(open.command('AUTH PLAIN'))).toMatchObject({ code: 421, close: true });
  });

  it('ends a line that is too long with 500 and goes on', () => {
    const open = session('tls');
    open.command('AUTH PLAIN');
    expect(status(open.lineTooLong())).toBe('500 5.5.6');
    expect(status(open.command('NOOP'))).toBe('250 2.0.0');
    expect(status(open.lineTooLong())).toBe('500 5.5.2');
  });

  it.each(['PLAIN', 'LOGIN', 'CRAM-MD5'])('%s is cancelled by * with 501, which is no failed login', (mechanism) => {
    const open = session('tls');
    for (let i = 0; i < 4; i++) {
      open.command(`AUTH ${mechanism}`);
      expect(status(open.response('*'))).toBe('501 5.7.0');
      expect(open.expects).toEqual({ read: 'command' });
    }
  });
});

describe('PLAIN', () => {
  it.each(['AUTH PLAIN ', 'auth plain  ', 'Auth Plain '])('%j with initial response', (start) => {
    const step = ask(session('tls').command(`${start}${plain('', 'alice', 'pässword')}`));
    expect(passwordOf(step)).toEqual(['PLAIN', 'alice', 'pässword']);
  });

  it('without initial response sends an empty challenge with its space', () => {
    const open = session('tls');
    expect(formatReply(reply(open.command('AUTH PLAIN')))).toBe('334 \r\n');
    expect(passwordOf(ask(open.response(plain('alice', 'alice', 'pw'))))).toEqual(['PLAIN', 'alice', 'pw']);
  });

  it.each([
    ['another authzid', 'bob', 'alice', 'pw'],
    ['an empty password', '', 'alice', ''],
    ['an empty login', '', '', 'pw'],
    ['an authzid alone', 'alice', '', 'pw'],
    ['a control character in the login', '', 'al\nice', 'pw'],
    ['a control character in the password', '', 'alice', 'p\rw'],
  ])('%s is refused without asking a verifier', (_what, authzid, authcid, password) => {
    expect(ask(session('tls').command(`AUTH PLAIN ${plain(authzid, authcid, password)}`)).ask).toBe('refuse');
  });

  it('takes an empty authcid from the authzid by option', () => {
    const step = ask(session('tls', { authzidAsLogin: true }).command(`AUTH PLAIN ${plain('alice', '', 'pw')}`));
    expect(passwordOf(step)).toEqual(['PLAIN', 'alice', 'pw']);
  });
});

describe('LOGIN', () => {
  it('prompts byte for byte as clients expect', () => {
    const open = session('tls');
    expect(formatReply(reply(open.command('AUTH LOGIN')))).toBe('334 VXNlcm5hbWU6\r\n');
    expect(formatReply(reply(open.response(base64('alice'))))).toBe('334 UGFzc3dvcmQ6\r\n');
    expect(passwordOf(ask(open.response(base64('pw'))))).toEqual(['LOGIN', 'alice', 'pw']);
  });

  it('takes the login as initial response', () => {
    const open = session('tls');
    expect(formatReply(reply(open.command(`AUTH LOGIN ${base64('alice')}`)))).toBe('334 UGFzc3dvcmQ6\r\n');
    expect(passwordOf(ask(open.response(base64('pw'))))).toEqual(['LOGIN', 'alice', 'pw']);
  });

  it('refuses an empty password and an empty login without asking a verifier', () => {
    for (const [login, password] of [
      ['alice', ''],
      ['', 'pw'],
    ] as const) {
      const open = session('tls');
      open.command('AUTH LOGIN');
      open.response(base64(login));
      expect(ask(open.response(base64(password))).ask).toBe('refuse');
    }
  });
});

describe('CRAM-MD5', () => {
  it('hands challenge and response on as they are', () => {
    const open = session('tls');
    const challenge = Buffer.from(reply(open.command('AUTH CRAM-MD5')).text[0] ?? '', 'base64').toString();
    expect(challenge).toBe('<0123456789abcdef0123456789abcdef.1700000000@mail.example.com>');
    const digest = createHmac('md5', 'pw').update(challenge).digest('hex');
    expect(ask(open.response(base64(`alice smith ${digest.toUpperCase()}`)))).toEqual({
      ask: 'verify',
      credentials: { kind: 'cram-md5', mechanism: 'CRAM-MD5', login: 'alice smith', challenge, response: digest },
    });
  });

  it.each(['alice', 'alice short', `alice ${'g'.repeat(32)}`])('%j is malformed', (text) => {
    const open = session('tls');
    open.command('AUTH CRAM-MD5');
    expect(status(open.response(base64(text)))).toBe('501 5.5.2');
  });
});

describe('a mechanism that a verifier leads', () => {
  const leader = (): SaslVerifier & { cancelled: number } => {
    const verifier = {
      name: 'leader',
      cancelled: 0,
      checks: new Set<'password'>(),
      mechanisms: new Set(['SCRAM-SHA-256']),
      verify: async () => ({ outcome: 'rejected' as const }),
      begin: () => ({
        step: async () => ({ outcome: 'rejected' as const }),
        cancel: () => {
          verifier.cancelled++;
        },
      }),
    };
    return verifier;
  };

  it('is stepped through by questions', () => {
    const verifier = leader();
    const open = session('tls', { mechanisms: () => ['SCRAM-SHA-256'], leader: () => verifier });
    expect(ask(open.command(`AUTH SCRAM-SHA-256 ${base64('n,,n=a')}`))).toMatchObject({ ask: 'exchange' });
    expect(status(open.exchanged({ outcome: 'challenge', challenge: Buffer.from('r=1') }))).toBe('334');
    expect(ask(open.response(base64('c=')))).toMatchObject({ ask: 'exchange', response: Buffer.from('c=') });
    expect(status(open.exchanged({ outcome: 'accepted', identity: { login: 'a' } }))).toBe('235 2.7.0');
  });

  it('is told when the client cancels or leaves', () => {
    const verifier = leader();
    const open = session('tls', { mechanisms: () => ['SCRAM-SHA-256'], leader: () => verifier });
    open.command('AUTH SCRAM-SHA-256');
    open.exchanged({ outcome: 'challenge', challenge: Buffer.from('r=1') });
    open.response('*');
    expect(verifier.cancelled).toBe(1);
    open.command('AUTH SCRAM-SHA-256');
    open.end('client-gone');
    expect(verifier.cancelled).toBe(2);
  });
});
