import { imap } from '@postern/auth-imap';
import type { ImapOptions } from '@postern/auth-imap';
import { verifierContract } from '@postern/core/contract';
import { describePeer, throwawayCa, waitFor } from '@postern/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDovecot, TEMPFAIL } from './support/dovecot-server.js';
import type { DovecotServer } from './support/dovecot-server.js';
import { brokenServers, deadPort, fakeServer, lineServer } from './support/fake-server.js';
import { ask, brokenLogins, context, hostileLogins } from './support/question.js';

const accepted = (login: string) => ({ outcome: 'accepted', identity: { login } });
const rejected = { outcome: 'rejected' };
const unavailable = { outcome: 'unavailable', cause: expect.any(String) as string };

describePeer(describe, ['dovecot', 'dovecot-imap'], 'auth-imap with Dovecot', () => {
  let server: DovecotServer;
  const verifier = (options: Partial<ImapOptions> = {}) =>
    imap({ host: '127.0.0.1', port: server.imaps, ca: server.caPem, ...options });

  beforeAll(async () => {
    server = await startDovecot({
      users: [
        { login: 'alice', password: 'secret' },
        { login: 'bob@example.com', password: 'with "quotes" and \\ (parens) {3}' },
        { login: 'zoë', password: 'pässwörd' },
        { login: 'gone', password: 'secret', extra: 'nologin=y' },
        { login: 'moved', password: 'secret', extra: 'nologin=y reason=elsewhere' },
        { login: 'slash/er', password: 'secret' },
      ],
    });
  });
  afterAll(() => server.stop());

  // At the same time: Dovecot says no only twice a second.
  verifierContract(it.concurrent, {
    create: () => ({ verifier: verifier() }),
    user: { login: 'alice', password: 'secret' },
    checks: ['password'],
    unavailable: async () => ({ verifier: imap({ host: '127.0.0.1', port: await deadPort() }) }),
    hanging: async () => {
      const silent = await fakeServer(() => undefined);
      return { verifier: imap({ host: '127.0.0.1', port: silent.port }), dispose: () => silent.close() };
    },
  });

  it.each(['implicit', 'starttls'] as const)('tells right from wrong over %s TLS', async (tls) => {
    const one = verifier({ tls, port: tls === 'implicit' ? server.imaps : server.imap });
    expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
    expect(await ask(one, 'alice', 'wrong')).toEqual(rejected);
    expect(await ask(one, 'nobody', 'secret')).toEqual(rejected);
  });

  it.each(['auto', 'plain', 'login'] as const)('shows quotes, spaces and UTF-8 as they are (%s)', async (method) => {
    const one = verifier({ method });
    expect(await ask(one, 'bob@example.com', 'with "quotes" and \\ (parens) {3}')).toEqual(accepted('bob@example.com'));
    expect(await ask(one, 'slash/er', 'secret')).toEqual(accepted('slash/er'));
    if (method !== 'login') expect(await ask(one, 'zoë', 'pässwörd')).toEqual(accepted('zoë'));
  });

  it('says unavailable when the server cannot know, and rejected for an account that may not log in', async () => {
    const one = verifier();
    expect(await ask(one, `${TEMPFAIL}er`, 'secret')).toEqual({
      outcome: 'unavailable',
      cause: 'the server answered NO [UNAVAILABLE]',
    });
    expect(await ask(one, 'gone', 'secret')).toEqual(rejected);
    expect(await ask(one, 'moved', 'secret')).toEqual(rejected);
  });

  it('checks the certificate: an authority, and a name', async () => {
    expect(await ask(imap({ host: '127.0.0.1', port: server.imaps }), 'alice', 'secret')).toEqual(unavailable);
    expect(await ask(verifier({ servername: 'imap.example.com' }), 'alice', 'secret')).toEqual(unavailable);
    expect(await ask(verifier({ servername: 'localhost' }), 'alice', 'secret')).toEqual(accepted('alice'));
    expect(await ask(verifier({ ca: server.caFile }), 'alice', 'secret')).toEqual(accepted('alice'));
  });

  it('takes LOGINDISABLED for an outage and no wrong password', async () => {
    expect(await ask(verifier({ host: server.elsewhere, tls: 'none', port: server.imap }), 'alice', 'secret')).toEqual(
      unavailable,
    );
  });

  it('asks the server that belongs to the local address', async () => {
    const one = verifier({ host: '127.0.0.3', hosts: { '192.0.2.1': '127.0.0.1' } });
    const local = { address: '192.0.2.1', port: 587 };
    expect(await ask(one, 'alice', 'secret', context({ local }))).toEqual(accepted('alice'));
    expect(await ask(one, 'alice', 'secret')).toEqual(unavailable);
  });

  it.each(['auto', 'plain', 'login'] as const)('lets no login be more than a login (%s)', async (method) => {
    const one = verifier({ method });
    const verdicts = await Promise.all(hostileLogins.map((login) => ask(one, login, 'secret')));
    expect(new Map(hostileLogins.map((login, i) => [login, verdicts[i]]))).toEqual(
      new Map(hostileLogins.map((login) => [login, rejected])),
    );
  });

  it('takes many questions at once, no more than it may', async () => {
    const one = verifier({ concurrency: 2, waiting: 3 });
    const verdicts = await Promise.all(Array.from({ length: 8 }, () => ask(one, 'alice', 'secret')));
    expect(verdicts.filter((verdict) => verdict.outcome === 'accepted')).toHaveLength(5);
    expect(verdicts.filter((verdict) => verdict.outcome === 'unavailable')).toHaveLength(3);
  });
});

describe('auth-imap with servers that are broken', () => {
  const quick = { tls: 'none', connectTime: 400, deadline: 400 } as const;
  const port = { host: '127.0.0.1', ...quick };

  it('is unavailable when nobody listens, and for a name that does not exist', async () => {
    expect(await ask(imap({ ...port, port: await deadPort() }), 'alice', 'secret')).toEqual(unavailable);
    expect(await ask(imap({ ...port, host: 'no-such-host.invalid' }), 'alice', 'secret')).toEqual(unavailable);
  });

  it.each(brokenServers)('is unavailable when the server %s', async (_name, talk) => {
    for (const tls of ['none', 'starttls', 'implicit'] as const) {
      const server = await fakeServer(talk);
      const verdict = await ask(imap({ ...port, port: server.port, tls }), 'alice', 'secret');
      await server.close();
      expect(verdict).toEqual(unavailable);
    }
  });

  // What a server says to LOGIN, and what that is.
  const CAPABILITY = '* CAPABILITY IMAP4rev1\r\n';
  const loginServer = (reply: string, greeting = '* OK ready\r\n') =>
    lineServer(greeting, (line, socket) => {
      const [tag = '', command = ''] = line.split(' ');
      if (command === 'CAPABILITY') return `${CAPABILITY}${tag} OK done\r\n`;
      if (command === 'LOGOUT') return `* BYE\r\n${tag} OK\r\n`;
      if (command !== 'LOGIN') return `${tag} BAD unknown\r\n`;
      if (reply === 'EOF') socket.end();
      return reply === 'EOF' ? undefined : reply.replace('TAG', tag);
    });

  it.each([
    ['TAG OK', 'accepted'],
    ['TAG NO no', 'rejected'],
    ['TAG NO [AUTHENTICATIONFAILED] no', 'rejected'],
    ['TAG NO [AUTHORIZATIONFAILED] no', 'rejected'],
    ['TAG NO [EXPIRED] no', 'rejected'],
    ['TAG NO [ALERT] log in with a browser', 'rejected'],
    ['TAG NO [UNAVAILABLE] later', 'unavailable'],
    ['TAG NO [LIMIT] too many', 'unavailable'],
    ['TAG NO [INUSE] later', 'unavailable'],
    ['TAG NO [SERVERBUG] oops', 'unavailable'],
    ['TAG NO [PRIVACYREQUIRED] TLS', 'unavailable'],
    ['TAG NO [CONTACTADMIN] call', 'rejected'],
    ['TAG BAD what', 'unavailable'],
    ['* BYE going down\r\nTAG NO', 'rejected'],
    ['* BYE going down', 'unavailable'],
    ['EOF', 'unavailable'],
    ['other1 OK', 'unavailable'],
  ])('%s is %s', async (reply, outcome) => {
    const server = await loginServer(reply === 'EOF' ? reply : `${reply}\r\n`);
    const verdict = await ask(imap({ ...port, port: server.port }), 'alice', 'secret');
    await server.close();
    expect(verdict.outcome).toBe(outcome);
  });

  it('does not take a server that asks nobody (PREAUTH) for an acceptance', async () => {
    const server = await loginServer('TAG OK\r\n', '* PREAUTH hello\r\n');
    for (const tls of ['none', 'starttls'] as const) {
      expect(await ask(imap({ ...port, port: server.port, tls }), 'alice', 'secret')).toEqual(unavailable);
    }
    await server.close();
  });

  it('does not take a refusal for an acceptance because of the name that it repeats', async () => {
    // imapflow takes a NO with these words for a success, whatever the command was.
    const login = 'Some of the requested messages no longer exist';
    const server = await loginServer(`TAG NO no such user: ${login}\r\n`);
    expect(await ask(imap({ ...port, port: server.port }), login, 'secret')).toEqual(rejected);
    expect(server.connections).toBe(0);
    await server.close();
  });

  it('sends no password when STARTTLS is taken away, refused, or followed by more', async () => {
    const { cert, key } = await (await throwawayCa()).issue();
    expect(cert + key).not.toBe('');
    const without = await loginServer('TAG OK\r\n');
    const refusing = await lineServer('* OK\r\n', (line) => {
      const [tag = '', command] = line.split(' ');
      return command === 'CAPABILITY' ? `* CAPABILITY IMAP4rev1 STARTTLS\r\n${tag} OK\r\n` : `${tag} NO\r\n`;
    });
    const injecting = await lineServer('* OK\r\n', (line) => {
      const [tag = '', command] = line.split(' ');
      if (command === 'CAPABILITY') return `* CAPABILITY IMAP4rev1 STARTTLS\r\n${tag} OK\r\n`;
      return `${tag} OK\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n2 OK\r\n3 OK\r\n`;
    });
    for (const server of [without, refusing, injecting]) {
      expect(await ask(imap({ ...port, port: server.port, tls: 'starttls' }), 'alice', 'sesame-9')).toEqual(
        unavailable,
      );
      expect(server.received()).not.toContain('sesame-9');
      expect(server.received()).not.toContain(Buffer.from('\0alice\0sesame-9').toString('base64'));
      await server.close();
    }
  });

  it('refuses what could end a line before it connects', async () => {
    const server = await loginServer('TAG OK\r\n');
    const one = imap({ ...port, port: server.port });
    for (const login of brokenLogins) expect(await ask(one, login, 'secret')).toEqual(rejected);
    for (const password of ['', 'a\r\nb', 'a\0b', Buffer.from([0xff, 0xfe])]) {
      expect(await ask(one, 'alice', password)).toEqual(rejected);
    }
    expect(server.connections).toBe(0);
    await server.close();
  });

  it('gives up when the client is gone, and leaves no connection', async () => {
    const server = await fakeServer(() => undefined);
    const controller = new AbortController();
    const verdict = ask(
      imap({ ...port, port: server.port, deadline: 60_000 }),
      'alice',
      'secret',
      context({ signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 50);
    expect(await verdict).toEqual({ outcome: 'unavailable', cause: 'given up' });
    await waitFor('the connection to be closed', () => server.open === 0);
    await server.close();
  });

  it('says nothing of what the server said, which may be the password', async () => {
    const server = await loginServer('TAG NO [UNAVAILABLE] cannot check sesame-9\r\n');
    const verdict = await ask(imap({ ...port, port: server.port }), 'alice', 'sesame-9');
    await server.close();
    expect(verdict.outcome).toBe('unavailable');
    expect(JSON.stringify(verdict)).not.toContain('sesame-9');
  });
});

describe('imap options', () => {
  it.each([
    [{}, 'auth-imap: host: found nothing; allowed: a string'],
    [{ host: 'a b' }, 'auth-imap: host: found "a b"; allowed: a host name or address'],
    [{ host: 'h', tls: 'maybe' }, 'auth-imap: tls: found "maybe"; allowed: "implicit", "starttls", "none"'],
    [
      { host: 'h', ca: '/no/such/file' },
      'auth-imap: ca: found "/no/such/file" (ENOENT); allowed: PEM, or a file that can be read',
    ],
    [{ host: 'h', hosts: { localhost: 'h' } }, /^auth-imap: hosts: found .*; allowed: numeric addresses as keys$/],
    [{ host: 'h', pool: 3 }, /^auth-imap: pool: found an unknown key; allowed: ca, concurrency, /],
  ])('%j: %s', (options, message) => {
    expect(() => imap(options as ImapOptions)).toThrow(message);
  });
});
