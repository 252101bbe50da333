import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReply } from '../../src/base/reply.js';
import { protocol } from '../../src/session/state.js';
import type { State } from '../../src/session/state.js';
import { isAsk } from '../../src/session/step.js';
import { base64, reply, session, status, tls } from './fixture.js';

describe('greeting and EHLO', () => {
  it('greets with the host name and no enhanced status code', () => {
    expect(formatReply(session().greet())).toBe('220 mail.example.com ESMTP\r\n');
  });

  it('offers STARTTLS and no AUTH before TLS', () => {
    expect(reply(session().command('EHLO x')).text).toEqual([
      'mail.example.com',
      'PIPELINING',
      'ENHANCEDSTATUSCODES',
      'SIZE 1000',
      '8BITMIME',
      'LIMITS RCPTMAX=3',
      'STARTTLS',
    ]);
  });

  it('offers AUTH and no STARTTLS under TLS', () => {
    const text = reply(session('tls').command('EHLO x')).text;
    expect(text).toContain('AUTH PLAIN LOGIN CRAM-MD5');
    expect(text).not.toContain('STARTTLS');
  });

  it('offers AUTH without TLS where the listener says so', () => {
    const text = reply(session('start', { requireTls: false }).command('EHLO x')).text;
    expect(text).toContain('AUTH PLAIN LOGIN CRAM-MD5');
  });

  it('offers no AUTH line if no verifier can check a mechanism', () => {
    const open = session('tls', { mechanisms: () => [] });
    expect(reply(open.command('EHLO x')).text.join()).not.toContain('AUTH');
    expect(status(open.command('AUTH PLAIN'))).toBe('502 5.5.1');
  });

  it('offers SMTPUTF8, 8BITMIME and CHUNKING only where they can be honoured', () => {
    const bare = reply(session('tls', { carries: new Set() }).command('EHLO x')).text;
    expect(bare).not.toContain('8BITMIME');
    expect(bare).not.toContain('SMTPUTF8');
    const full = reply(
      session('tls', { carries: new Set(['8bit', 'smtputf8']), chunking: true }).command('EHLO x'),
    ).text;
    expect(full).toEqual(expect.arrayContaining(['8BITMIME', 'SMTPUTF8', 'CHUNKING']));
  });

  it.each(['EHLO', 'EHLO [IPv6:2001:db8::1]', 'EHLO my_pc', 'ehlo söme näme'.replace(/[^ -~]/g, '?'), 'HELO x'])(
    'takes %s',
    (line) => expect(status(session().command(line))).toBe('250'),
  );
});

describe('the table of commands', () => {
  const states: Record<State, () => ReturnType<typeof session>> = {
    start: () => {
      const forgotten = session('authenticated');
      forgotten.secured(tls);
      forgotten.attempted({ outcome: 'accepted', identity: { login: 'alice' } });
      return forgotten;
    },
    ready: () => session('authenticated'),
    mail: () => session('mail'),
    rcpt: () => session('rcpt'),
    chunks: () => {
      const chunking = session('rcpt', { chunking: true });
      chunking.command('BDAT 3');
      chunking.chunked(3);
      return chunking;
    },
  };
  const cases = Object.entries(protocol).flatMap(([verb, rule]) =>
    Object.entries(rule.not).map(([state, said]) => ({ verb, state: state as State, said })),
  );
  it.each(cases)('$verb in state $state is refused', ({ verb, state, said }) => {
    const open = states[state]();
    expect(open.state).toBe(state);
    expect(open.command(verb)).toBe(said);
  });

  it.each(['XCLIENT NAME=x', 'WIZ', 'SHELL', 'KILL', 'MAILFROM:<a@b>', '', '  EHLO x', 'EXPN-ME'])(
    '%j is unknown',
    (line) => {
      expect(status(session('authenticated').command(line))).toBe('500 5.5.2');
    },
  );

  it.each(['noop', 'NOOP with words', 'Rset', 'help', 'vrfy bob'])('%j is answered in any state', (line) => {
    for (const make of Object.values(states)) expect(reply(make().command(line)).code).toBeLessThan(300);
  });

  it('says 502 to EXPN and 252 to VRFY', () => {
    expect(status(session('tls').command('EXPN staff'))).toBe('502 5.5.1');
    expect(status(session('tls').command('VRFY bob'))).toBe('252 2.1.5');
  });

  it('closes after too many errors', () => {
    const open = session('tls');
    for (let i = 0; i < 5; i++) expect(status(open.command('BOGUS'))).toBe('500 5.5.2');
    expect(reply(open.command('BOGUS'))).toMatchObject({ code: 421, close: true });
    expect(open.expects).toEqual({ read: 'nothing' });
    expect(open.ended).toBe('too-many-errors');
  });

  it('never lets NUL or a control character through', () => {
    expect(status(session('authenticated').command('MAIL FROM:<a\0b@example.com>'))).toBe('500 5.5.2');
    expect(status(session('authenticated').command('EHLO a\rb'))).toBe('500 5.5.2');
  });
});

describe('STARTTLS', () => {
  it('asks for the handshake, and forgets everything after it', () => {
    const open = session('start', { requireTls: false });
    open.command('EHLO before');
    open.attempted({ outcome: 'accepted', identity: { login: 'alice' } });
    expect(status(open.command('STARTTLS'))).toBe('220 2.0.0');
    expect(open.expects).toEqual({ read: 'tls' });
    open.secured(tls);
    expect(open.expects).toEqual({ read: 'command' });
    expect(open.helo).toBe('');
    expect(open.identity).toBeUndefined();
    expect(open.facts.tls).toEqual(tls);
    expect(status(open.command('MAIL FROM:<a@b.example>'))).toBe('530 5.7.0');
  });

  it('takes no argument, comes once, and not where it is not offered', () => {
    expect(status(session().command('STARTTLS now'))).toBe('501 5.5.4');
    expect(status(session('tls').command('STARTTLS'))).toBe('503 5.5.1');
    expect(status(session('start', { startTls: false }).command('STARTTLS'))).toBe('502 5.5.1');
  });

  it.each(['MAIL FROM:<a@b.example>', 'RCPT TO:<a@b.example>', 'DATA'])('is required before %s', (line) => {
    const open = session();
    open.command('EHLO x');
    expect(status(open.command(line))).toBe('530 5.7.0');
  });
});

describe('the transaction', () => {
  it('needs a login', () => {
    const open = session('tls');
    expect(status(open.command('MAIL FROM:<a@b.example>'))).toBe('530 5.7.0');
  });

  it('goes from MAIL to the end of the data and starts anew', () => {
    const open = session('rcpt');
    expect(status(open.command('DATA'))).toBe('354');
    expect(open.expects).toEqual({ read: 'data' });
    expect(open.transaction?.envelope()).toEqual({
      sender: { localPart: 'alice', domain: 'example.com' },
      recipients: [{ localPart: 'bob', domain: 'example.net' }],
      body: '7bit',
      smtputf8: false,
    });
    open.finished({ code: 250, status: [0, 0], text: ['ok'] });
    expect(open.state).toBe('ready');
    expect(open.transaction).toBeUndefined();
    expect(open.messages).toBe(1);
  });

  it('keeps recipients in order and does not merge them', () => {
    const open = session('mail');
    for (const to of ['c@d.example', 'a@b.example', 'c@d.example']) open.command(`RCPT TO:<${to}>`);
    expect(open.transaction?.recipients.map((to) => to.localPart)).toEqual(['c', 'a', 'c']);
    expect(status(open.command('RCPT TO:<e@f.example>'))).toBe('452 4.5.3');
  });

  it('drops the transaction at RSET and EHLO, and keeps the login', () => {
    for (const line of ['RSET', 'EHLO again']) {
      const open = session('rcpt');
      open.command(line);
      expect(open.transaction).toBeUndefined();
      expect(open.identity?.login).toBe('alice');
      expect(status(open.command('RCPT TO:<a@b.example>'))).toBe('503 5.5.1');
    }
  });

  it('refuses a size over the limit at MAIL, for good', () => {
    expect(status(session('authenticated').command('MAIL FROM:<a@b.example> SIZE=1001'))).toBe('552 5.3.4');
    expect(status(session('authenticated').command('MAIL FROM:<a@b.example> SIZE=1000'))).toBe('250 2.1.0');
    expect(status(session('authenticated').command('MAIL FROM:<a@b.example> SIZE=x'))).toBe('501 5.5.4');
  });

  it("takes a user's own limits before the server's", () => {
    const open = session('tls');
    open.attempted({ outcome: 'accepted', identity: { login: 'a', limits: { messageSize: 5, recipients: 1 } } });
    expect(reply(open.command('EHLO x')).text).toEqual(expect.arrayContaining(['SIZE 5', 'LIMITS RCPTMAX=1']));
    expect(status(open.command('MAIL FROM:<a@b.example> SIZE=6'))).toBe('552 5.3.4');
    open.command('MAIL FROM:<a@b.example>');
    open.command('RCPT TO:<a@b.example>');
    expect(status(open.command('RCPT TO:<a@b.example>'))).toBe('452 4.5.3');
  });

  it('closes after the last message of a session', () => {
    const open = session('rcpt', { messages: 1 });
    open.finished({ code: 250, text: ['ok'] });
    expect(reply(open.command('MAIL FROM:<a@b.example>'))).toMatchObject({ code: 421, close: true });
  });

  it('asks the sender policy, and leaves the null sender to the header', () => {
    const open = session('tls');
    open.attempted({ outcome: 'accepted', identity: { login: 'a', addresses: ['a@b.example'] } });
    expect(status(open.command('MAIL FROM:<x@b.example>'))).toBe('553 5.7.1');
    expect(status(open.command('MAIL FROM:<>'))).toBe('250 2.1.0');
  });
});

describe('BDAT', () => {
  it('is 502 where the engine has none', () => {
    expect(status(session('rcpt').command('BDAT 5 LAST'))).toBe('502 5.5.1');
  });

  it('asks for octets, refused or not', () => {
    const open = session('rcpt', { chunking: true });
    expect(reply(open.command('BDAT 5')).text).toEqual([]);
    expect(open.expects).toEqual({ read: 'chunk', octets: 5, last: false });
    expect(status(open.chunked(5))).toBe('250 2.0.0');
    expect(status(open.command('DATA'))).toBe('503 5.5.1');
    open.command('BDAT 0 LAST');
    expect(open.expects).toEqual({ read: 'chunk', octets: 0, last: true });

    const early = session('mail', { chunking: true });
    early.command('BDAT 7 LAST');
    const expects = early.expects;
    if (expects.read !== 'chunk' || expects.refuse === undefined) throw new Error('octets to throw away were expected');
    expect(status(early.chunkRefused(expects.refuse))).toBe('503 5.5.1');
    expect(early.expects).toEqual({ read: 'command' });
  });

  it.each(['BDAT', 'BDAT x', 'BDAT -1', 'BDAT 5 FIRST'])('%j is malformed', (line) => {
    expect(status(session('rcpt', { chunking: true }).command(line))).toBe('501 5.5.4');
  });
});

describe('whatever a client sends', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      ...['EHLO x', 'HELO', 'STARTTLS', 'AUTH PLAIN', 'AUTH LOGIN', 'AUTH CRAM-MD5', '*', '', '=', base64('\0a\0b')],
      ...['MAIL FROM:<a@b.example>', 'MAIL FROM:<>', 'RCPT TO:<a@b.example>', 'DATA', 'RSET', 'BDAT 3', 'BDAT 0 LAST'],
    ),
  );

  it('is answered by a reply or a question, and the session stays in step', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.boolean(), (lines, secure) => {
        const open = session(secure ? 'tls' : 'start', { chunking: true, errors: 1000 });
        for (const text of lines) {
          if (open.expects.read === 'tls') open.secured(tls);
          if (open.expects.read === 'data') open.finished({ code: 250, text: ['ok'] });
          if (open.expects.read === 'chunk') {
            const { refuse, last, octets } = open.expects;
            if (refuse !== undefined) open.chunkRefused(refuse);
            else if (last) open.finished({ code: 250, text: ['ok'] });
            else open.chunked(octets);
          }
          if (open.expects.read === 'nothing') break;
          const step = open.expects.read === 'sasl' ? open.response(text) : open.command(text);
          if (isAsk(step)) open.attempted({ outcome: 'rejected' });
          else expect(formatReply(step)).toMatch(/^(\d{3}[ -][ -~]*\r\n)*$/);
        }
      }),
    );
  });

  it('never opens a transaction without TLS and login', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const open = session('start', { errors: 1000 });
        for (const text of lines) {
          if (open.expects.read !== 'command' && open.expects.read !== 'sasl') break;
          const step = open.expects.read === 'sasl' ? open.response(text) : open.command(text);
          expect(isAsk(step)).toBe(false);
          expect(open.transaction).toBeUndefined();
        }
      }),
    );
  });
});
