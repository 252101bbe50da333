import { createHash } from 'node:crypto';
import { pop3 } from '@postern/auth-pop3';
import type { Pop3Options } from '@postern/auth-pop3';
import { verifierContract } from '@postern/core/contract';
import { describePeer, waitFor } from '@postern/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDovecot, TEMPFAIL } from './support/dovecot-server.js';
import type { DovecotServer } from './support/dovecot-server.js';
import { brokenServers, deadPort, fakeServer, lineServer } from './support/fake-server.js';
import type { FakeServer } from './support/fake-server.js';
import { ask, brokenLogins, context, hostileLogins } from './support/question.js';

const accepted = (login: string) => ({ outcome: 'accepted', identity: { login } });
const rejected = { outcome: 'rejected' };
const unavailable = { outcome: 'unavailable', cause: expect.any(String) as string };

describePeer(describe, ['dovecot', 'dovecot-pop3'], 'auth-pop3 with Dovecot', () => {
  let server: DovecotServer;
  const real = (options: Partial<Pop3Options> = {}) =>
    pop3({
      host: '127.0.0.1',
      port: (options.tls ?? 'implicit') === 'implicit' ? server.pop3s : server.pop3,
      ca: server.caPem,
      ...options,
    });

  beforeAll(async () => {
    server = await startDovecot({
      users: [
        { login: 'alice', password: 'secret' },
        { login: 'bob@example.com', password: ' with "quotes" and \\ spaces ' },
        { login: 'two words', password: 'secret' },
        { login: 'zoë', password: 'pässwörd' },
        { login: 'gone', password: 'secret', extra: 'nologin=y' },
      ],
    });
  });
  afterAll(() => server.stop());

  // At the same time: Dovecot says no only twice a second.
  verifierContract(it.concurrent, {
    create: () => ({ verifier: real() }),
    user: { login: 'alice', password: 'secret' },
    checks: ['password'],
    unavailable: async () => ({ verifier: pop3({ host: '127.0.0.1', port: await deadPort() }) }),
    hanging: async () => {
      const silent = await fakeServer(() => undefined);
      return { verifier: pop3({ host: '127.0.0.1', port: silent.port }), dispose: () => silent.close() };
    },
  });

  it.each([
    ['implicit', 'user'],
    ['implicit', 'apop'],
    ['implicit', 'auto'],
    ['starttls', 'user'],
    ['starttls', 'apop'],
    ['none', 'user'],
    ['none', 'apop'],
  ] as const)('tells right from wrong (TLS %s, %s)', async (tls, method) => {
    const one = real({ tls, method });
    expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
    expect(await ask(one, 'alice', 'wrong')).toEqual(rejected);
    expect(await ask(one, 'nobody', 'secret')).toEqual(rejected);
    expect(await ask(one, 'bob@example.com', ' with "quotes" and \\ spaces ')).toEqual(accepted('bob@example.com'));
    expect(await ask(one, 'zoë', 'pässwörd')).toEqual(accepted('zoë'));
  });

  it('says unavailable when the server cannot know, and rejected for an account that may not log in', async () => {
    const one = real();
    expect(await ask(one, `${TEMPFAIL}er`, 'secret')).toEqual({
      outcome: 'unavailable',
      cause: 'the server answered -ERR [SYS/TEMP]',
    });
    expect(await ask(one, 'gone', 'secret')).toEqual(rejected);
  });

  it('takes a server that wants TLS first for an outage and no wrong password', async () => {
    const one = real({ host: server.elsewhere, tls: 'none' });
    expect(await ask(one, 'alice', 'secret')).toEqual({
      outcome: 'unavailable',
      cause: 'the server does not take USER here',
    });
  });

  it('checks the certificate: an authority, and a name', async () => {
    for (const tls of ['implicit', 'starttls'] as const) {
      const port = tls === 'implicit' ? server.pop3s : server.pop3;
      expect(await ask(pop3({ host: '127.0.0.1', port, tls }), 'alice', 'secret')).toEqual(unavailable);
      expect(await ask(real({ tls, servername: 'pop.example.com' }), 'alice', 'secret')).toEqual(unavailable);
      expect(await ask(real({ tls, host: 'localhost' }), 'alice', 'secret')).toEqual(accepted('alice'));
      expect(await ask(pop3({ host: '127.0.0.1', port, tls, rejectUnauthorized: false }), 'alice', 'secret')).toEqual(
        accepted('alice'),
      );
    }
  });

  it('asks the server that belongs to the local address', async () => {
    const one = real({ host: '127.0.0.3', hosts: { '2001:db8::1': '127.0.0.1' } });
    const local = { address: '2001:db8::1', port: 587 };
    expect(await ask(one, 'alice', 'secret', context({ local }))).toEqual(accepted('alice'));
    expect(await ask(one, 'alice', 'secret')).toEqual(unavailable);
  });

  it.each(['user', 'apop'] as const)('lets no login be more than a login (%s)', async (method) => {
    const one = real({ method });
    const verdicts = await Promise.all(hostileLogins.map((login) => ask(one, login, 'secret')));
    expect(new Map(hostileLogins.map((login, i) => [login, verdicts[i]]))).toEqual(
      new Map(hostileLogins.map((login) => [login, rejected])),
    );
    if (method === 'user') expect(await ask(one, 'two words', 'secret')).toEqual(accepted('two words'));
  });
});

describe('auth-pop3 with servers that are broken', () => {
  const quick = { host: '127.0.0.1', tls: 'none', connectTime: 400, deadline: 400 } as const;

  it('is unavailable when nobody listens, and for a name that does not exist', async () => {
    expect(await ask(pop3({ ...quick, port: await deadPort() }), 'alice', 'secret')).toEqual(unavailable);
    expect(await ask(pop3({ ...quick, host: 'no-such-host.invalid' }), 'alice', 'secret')).toEqual(unavailable);
  });

  it.each(brokenServers)('is unavailable when the server %s', async (_name, talk) => {
    for (const tls of ['none', 'starttls', 'implicit'] as const) {
      const server = await fakeServer(talk);
      const verdict = await ask(pop3({ ...quick, port: server.port, tls }), 'alice', 'secret');
      await server.close();
      expect(verdict).toEqual(unavailable);
    }
  });

  const GREETING = '+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n';
  const CAPABLE = '+OK\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n.\r\n';
  interface Script {
    readonly greeting?: string;
    readonly capa?: string;
    readonly user?: string;
    readonly pass?: string;
  }
  const scripted = (script: Script): Promise<FakeServer> =>
    lineServer(script.greeting ?? GREETING, (line, socket) => {
      const verb = (line.split(' ')[0] ?? '').toUpperCase();
      const reply = {
        CAPA: script.capa ?? CAPABLE,
        USER: script.user ?? '+OK\r\n',
        PASS: script.pass ?? '+OK\r\n',
        APOP: script.pass ?? '+OK\r\n',
      }[verb];
      if (reply === 'EOF') socket.destroy();
      return reply === 'EOF' ? undefined : reply;
    });
  const askScript = async (script: Script, options: Partial<Pop3Options> = {}) => {
    const server = await scripted(script);
    const verdict = await ask(pop3({ ...quick, port: server.port, ...options }), 'alice', 'secret');
    await server.close();
    return verdict.outcome;
  };

  it.each<[string, Script, string]>([
    ['OK', {}, 'accepted'],
    ['OK in lower case', { pass: '+ok\r\n' }, 'unavailable'],
    ['a bare LF', { pass: '+OK\n' }, 'accepted'],
    ['AUTH', { pass: '-ERR [AUTH] no\r\n' }, 'rejected'],
    ['AUTH in lower case', { pass: '-ERR [auth] no\r\n' }, 'rejected'],
    ['SYS/TEMP', { pass: '-ERR [SYS/TEMP] later\r\n' }, 'unavailable'],
    ['SYS/PERM', { pass: '-ERR [SYS/PERM] broken\r\n' }, 'unavailable'],
    ['LOGIN-DELAY', { pass: '-ERR [LOGIN-DELAY] wait\r\n' }, 'unavailable'],
    ['IN-USE', { pass: '-ERR [IN-USE] locked\r\n' }, 'accepted'],
    ['IN-USE before the password', { user: '-ERR [IN-USE] locked\r\n' }, 'unavailable'],
    ['a code that nobody knows', { pass: '-ERR [NEW/CODE] what\r\n' }, 'unavailable'],
    ['no code, from a server that has AUTH', { pass: '-ERR auth process broken\r\n' }, 'unavailable'],
    ['no code, from an old server', { capa: '+OK\r\nUSER\r\n.\r\n', pass: '-ERR no\r\n' }, 'rejected'],
    [
      'no code, from a server without CAPA',
      { capa: '-ERR what\r\n', pass: '-ERR authorization failed\r\n' },
      'rejected',
    ],
    ['USER refused with AUTH', { user: '-ERR [AUTH] never heard of\r\n' }, 'rejected'],
    ['USER refused by an old server', { capa: '+OK\r\nUSER\r\n.\r\n', user: '-ERR never heard of\r\n' }, 'rejected'],
    ['USER refused by a server without CAPA', { capa: '-ERR what\r\n', user: '-ERR what\r\n' }, 'unavailable'],
    ['USER not listed', { capa: '+OK\r\nSASL PLAIN\r\n.\r\n' }, 'unavailable'],
    ['greeted with -ERR', { greeting: '-ERR [SYS/TEMP] later\r\n' }, 'unavailable'],
    ['greeted with IMAP', { greeting: '* OK IMAP4rev1\r\n' }, 'unavailable'],
    ['a list without an end', { capa: `+OK\r\n${'USER\r\n'.repeat(5000)}` }, 'unavailable'],
    ['half a list', { capa: '+OK\r\nUSER\r\n' }, 'unavailable'],
    ['half a reply', { pass: '+O' }, 'unavailable'],
    ['no reply', { pass: 'OK\r\n' }, 'unavailable'],
    ['+OKAY', { pass: '+OKAY\r\n' }, 'unavailable'],
    ['gone at USER', { user: 'EOF' }, 'unavailable'],
    ['gone at PASS', { pass: 'EOF' }, 'unavailable'],
  ])('%s', async (_name, script, outcome) => {
    expect(await askScript(script)).toBe(outcome);
  });

  it('takes a mailbox in use for an outage where that is wanted', async () => {
    expect(await askScript({ pass: '-ERR [IN-USE] x\r\n' }, { inUse: 'unavailable' })).toBe('unavailable');
  });

  it('sends the digest of RFC 1939 §7, and no password', async () => {
    const server = await scripted({});
    const one = pop3({ ...quick, port: server.port, method: 'auto' });
    expect(await ask(one, 'mrose', 'tanstaaf')).toEqual(accepted('mrose'));
    await waitFor('the end', () => server.open === 0);
    await server.close();
    expect(server.received()).toBe('CAPA\r\nAPOP mrose c4c9334bac560ecc979e58001b3e22fb\r\nQUIT\r\n');
    expect(createHash('md5').update('<1896.697170952@dbc.mtview.ca.us>tanstaaf').digest('hex')).toBe(
      'c4c9334bac560ecc979e58001b3e22fb',
    );
  });

  it('does no APOP with a timestamp that is none', async () => {
    for (const greeting of [
      '+OK hi\r\n',
      '+OK <nohost>\r\n',
      '+OK <a b@c>\r\n',
      '+OK <\x80\x81@c>\r\n',
      '+OK <a@>\r\n',
      '+OK <<a>@c>\r\n',
    ]) {
      expect(await askScript({ greeting }, { method: 'apop' })).toBe('unavailable');
    }
  });

  it('sends no password when STLS is refused, or followed by more', async () => {
    for (const reply of ['-ERR no\r\n', '+OK go\r\n+OK\r\n+OK\r\n']) {
      const server = await lineServer(GREETING, (line) => (line === 'STLS' ? reply : '+OK\r\n'));
      const one = pop3({ ...quick, port: server.port, tls: 'starttls' });
      expect(await ask(one, 'alice', 'sesame-9')).toEqual(unavailable);
      expect(server.received()).not.toContain('sesame-9');
      expect(server.received()).not.toContain('USER');
      await server.close();
    }
  });

  it('refuses what could end a line, or does not fit into one, before it connects', async () => {
    const server = await scripted({});
    const one = pop3({ ...quick, port: server.port });
    for (const login of brokenLogins) expect(await ask(one, login, 'secret')).toEqual(rejected);
    for (const password of ['', 'a\r\nb', 'a\0b', 'x'.repeat(249)])
      expect(await ask(one, 'alice', password)).toEqual(rejected);
    expect(await ask(pop3({ ...quick, port: server.port, method: 'apop' }), 'alice x', 'secret')).toEqual(rejected);
    expect(server.connections).toBe(0);
    expect(await ask(one, 'alice', 'x'.repeat(248))).toEqual(accepted('alice'));
    expect(await ask(one, 'alice', Buffer.from([0xe4, 0xff]))).toEqual(accepted('alice'));
    await server.close();
    expect(server.received()).toContain('PASS \xe4\xff\r\n');
  });

  it('gives up when the client is gone, and leaves no connection', async () => {
    for (const tls of ['none', 'implicit'] as const) {
      const server = await fakeServer(() => undefined);
      const controller = new AbortController();
      const one = pop3({ ...quick, tls, port: server.port, deadline: 60_000, connectTime: 60_000 });
      const verdict = ask(one, 'alice', 'secret', context({ signal: controller.signal }));
      await waitFor('the connection', () => server.connections === 1);
      controller.abort();
      expect(await verdict).toEqual({ outcome: 'unavailable', cause: 'given up' });
      await waitFor('the connection to be closed', () => server.open === 0);
      await server.close();
    }
  });

  it('turns away what is more than may wait', async () => {
    const server = await fakeServer(() => undefined);
    const one = pop3({ ...quick, port: server.port, concurrency: 1, waiting: 0 });
    const verdicts = await Promise.all([ask(one, 'alice', 'secret'), ask(one, 'alice', 'secret')]);
    expect(verdicts).toContainEqual({ outcome: 'unavailable', cause: 'too many logins at once' });
    await server.close();
  });

  it('says nothing of what the server said, which may be the password', async () => {
    const server = await scripted({ pass: '-ERR [SYS/TEMP] sesame-9\r\n' });
    const verdict = await ask(pop3({ ...quick, port: server.port }), 'alice', 'sesame-9');
    await server.close();
    expect(verdict).toEqual({ outcome: 'unavailable', cause: 'the server answered -ERR [SYS/TEMP]' });
  });
});

describe('pop3 options', () => {
  it.each([
    [{}, 'auth-pop3: host: found nothing; allowed: a string'],
    [{ host: 'h', method: 'cram' }, 'auth-pop3: method: found "cram"; allowed: "user", "apop", "auto"'],
    [{ host: 'h', ca: '/no/such/file' }, /auth-pop3: ca: found "\/no\/such\/file" \(ENOENT\)/],
  ])('%j: %s', (options, message) => {
    expect(() => pop3(options as Pop3Options)).toThrow(message);
  });
});
