import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ldap } from '@postern/auth-ldap';
import type { LdapOptions } from '@postern/auth-ldap';
import { verifierContract } from '@postern/core/contract';
import { describePeer, tempDir, throwawayCa, waitFor } from '@postern/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { brokenServers, deadPort, fakeServer } from './support/fake-server.js';
import { ask, brokenLogins, context, hostileLogins } from './support/question.js';
import { person, startSlapd } from './support/slapd-server.js';
import type { SlapdServer } from './support/slapd-server.js';

const accepted = (login: string, more: object = {}) => ({ outcome: 'accepted', identity: { login, ...more } });
const rejected = { outcome: 'rejected' };
const unavailable = { outcome: 'unavailable', cause: expect.any(String) as string };

const made: { close(): Promise<void> }[] = [];
const verifier = (options: LdapOptions) => {
  const one = ldap(options);
  made.push(one);
  return one;
};
afterEach(async () => {
  await Promise.all(made.splice(0).map((one) => one.close()));
});

const USER_DN = 'uid={login},ou=people,dc=example,dc=com';
const ENTRIES = [
  person('alice', 'secret', [
    'mail: alice@example.com',
    'mail: a.lice@example.org',
    'employeeNumber: 5000000',
    'roomNumber: 12',
  ]),
  person('bob', 'other', ['mail: shared@example.com']),
  person('carol', 'third', ['mail: shared@example.com']),
  person('blind', 'secret'),
  person('nopassword', undefined),
  person('smith\\, john', 'secret'),
  person('par(en)*', 'secret'),
  person('zoe', 'pässwörd', [`description:: ${Buffer.from('zoë').toString('base64')}`]),
].join('');

describePeer(describe, ['slapd', 'slapadd'], 'auth-ldap with slapd', () => {
  let server: SlapdServer;
  const tls = ['implicit', 'starttls', 'none'] as const;
  const real = (options: Partial<LdapOptions> = {}) =>
    verifier({
      host: server.host,
      port: (options.tls ?? 'implicit') === 'implicit' ? server.tlsPort : server.port,
      ca: server.caPem,
      ...(options.search === undefined ? { userDn: USER_DN } : {}),
      ...options,
    });
  const search = (more: object = {}) => ({ base: server.base, filter: '(uid={login})', ...more });

  beforeAll(async () => {
    server = await startSlapd(ENTRIES);
  });
  afterAll(() => server.stop());

  const asked = { user: { login: 'alice', password: 'secret' }, checks: ['password'] as const };
  const closed = (one: ReturnType<typeof ldap>) => ({ verifier: one, dispose: () => one.close() });
  for (const how of ['by DN', 'by search']) {
    describe(how, () => {
      const options = (): Partial<LdapOptions> => (how === 'by DN' ? { userDn: USER_DN } : { search: search() });
      verifierContract(it, {
        ...asked,
        create: () => closed(real(options())),
        unavailable: async () => closed(real({ ...options(), port: await deadPort() })),
        hanging: async () => {
          const silent = await fakeServer(() => undefined);
          return { verifier: real({ ...options(), port: silent.port }), dispose: () => silent.close() };
        },
      });
    });
  }

  it.each(tls)('tells right from wrong by DN over TLS %s', async (how) => {
    const one = real({ tls: how });
    expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
    expect(await ask(one, 'alice', 'wrong')).toEqual(rejected);
    expect(await ask(one, 'nobody', 'secret')).toEqual(rejected);
    expect(await ask(one, 'nopassword', 'secret')).toEqual(rejected);
    expect(await ask(one, 'zoe', 'pässwörd')).toEqual(accepted('zoe'));
  });

  it.each(tls)('tells right from wrong by search over TLS %s', async (how) => {
    const bound = search({ bindDn: server.adminDn, bindPassword: server.adminPassword });
    for (const one of [real({ tls: how, search: search() }), real({ tls: how, search: bound })]) {
      expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
      expect(await ask(one, 'alice', 'wrong')).toEqual(rejected);
      expect(await ask(one, 'nobody', 'secret')).toEqual(rejected);
    }
  });

  it('never binds with an empty password, which a directory takes for anonymous', async () => {
    expect(await ask(real(), 'alice', '')).toEqual(rejected);
    expect(await ask(real({ search: search() }), 'alice', '')).toEqual(rejected);
  });

  it('hands on what the entry knows', async () => {
    const attributes = {
      login: 'UID',
      addresses: ['mail'],
      uid: 'uidNumber',
      gid: 'gidNumber',
      home: 'homeDirectory',
      messageSize: 'employeeNumber',
      recipients: 'roomNumber',
    };
    const identity = {
      addresses: ['alice@example.com', 'a.lice@example.org'],
      uid: 1000,
      gid: 100,
      home: '/home/alice',
      limits: { messageSize: 5_000_000, recipients: 12 },
    };
    expect(await ask(real({ attributes }), 'ALICE', 'secret')).toEqual(accepted('alice', identity));
    const byMail = real({ attributes, search: search({ filter: '(&(objectClass=inetOrgPerson)(mail={login}))' }) });
    expect(await ask(byMail, 'alice@example.com', 'secret')).toEqual(accepted('alice', identity));
    const byParts = real({ search: search({ filter: '(&(uid={user})(mail=*@{domain}))' }) });
    expect(await ask(byParts, 'alice@example.org', 'secret')).toEqual(accepted('alice@example.org'));
    expect(await ask(byParts, 'alice@example.net', 'secret')).toEqual(rejected);
  });

  it('does not let in a user whose addresses it cannot read', async () => {
    expect(await ask(real(), 'blind', 'secret')).toEqual(accepted('blind'));
    expect(await ask(real({ attributes: { addresses: ['mail'] } }), 'blind', 'secret')).toEqual(unavailable);
  });

  it('says unavailable for two entries, and for whatever is wrong with the search', async () => {
    const two = real({ search: search({ filter: '(mail={login})' }) });
    expect(await ask(two, 'shared@example.com', 'other')).toEqual({
      outcome: 'unavailable',
      cause: 'more than one entry for this login',
    });
    const all = real({ search: search({ filter: '(|(uid={login})(uid=*))' }) });
    expect(await ask(all, 'alice', 'secret')).toEqual(unavailable);
    const wrongPassword = real({ search: search({ bindDn: server.adminDn, bindPassword: 'wrong' }) });
    expect(await ask(wrongPassword, 'alice', 'secret')).toEqual({
      outcome: 'unavailable',
      cause: 'search: LDAP result 49',
    });
    expect(await ask(real({ search: search({ base: 'dc=nowhere' }) }), 'alice', 'secret')).toEqual(unavailable);
    expect(await ask(real({ userDn: 'no such dn={login}' }), 'alice', 'secret')).toEqual(unavailable);
  });

  it('reads the password of the search from a file', async () => {
    const dir = tempDir();
    const bindPasswordFile = dir.write('password', `${server.adminPassword}\n`, 0o600);
    const one = real({ search: search({ bindDn: server.adminDn, bindPasswordFile }) });
    expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
    dir.remove();
  });

  it('writes special characters as part of the name', async () => {
    for (const one of [real(), real({ search: search() })]) {
      expect(await ask(one, 'smith, john', 'secret')).toEqual(accepted('smith, john'));
      expect(await ask(one, 'par(en)*', 'secret')).toEqual(accepted('par(en)*'));
      expect(await ask(one, 'par(en)x', 'secret')).toEqual(rejected);
    }
    const utf8 = real({ search: search({ filter: '(description={login})' }) });
    expect(await ask(utf8, 'zoë', 'pässwörd')).toEqual(accepted('zoë'));
  });

  it('lets no login be more than a login', async () => {
    for (const one of [real(), real({ search: search() }), real({ search: search({ filter: '(mail={login})' }) })]) {
      const verdicts = await Promise.all(hostileLogins.map((login) => ask(one, login, 'secret')));
      expect(new Map(hostileLogins.map((login, i) => [login, verdicts[i]]))).toEqual(
        new Map(hostileLogins.map((login) => [login, rejected])),
      );
      for (const login of brokenLogins) {
        expect({ login, ...(await ask(one, login, 'secret')) }).toEqual({ login, ...rejected });
      }
    }
  });

  it('checks the certificate: an authority, and a name', async () => {
    for (const how of ['implicit', 'starttls'] as const) {
      const port = how === 'implicit' ? server.tlsPort : server.port;
      const unknown = verifier({ host: server.host, port, tls: how, userDn: USER_DN });
      expect(await ask(unknown, 'alice', 'secret')).toEqual(unavailable);
      expect(await ask(real({ tls: how, servername: 'ldap.example.com' }), 'alice', 'secret')).toEqual(unavailable);
      expect(await ask(real({ tls: how, servername: 'localhost' }), 'alice', 'secret')).toEqual(accepted('alice'));
    }
  });

  it('keeps connections, and never mixes up who is bound', async () => {
    const one = real({ pool: 2, concurrency: 4, search: search() });
    const logins = ['alice', 'bob', 'carol', 'alice'] as const;
    const passwords = ['secret', 'other', 'wrong', 'other'];
    const questions = Array.from({ length: 40 }, (_, i) => i % 4);
    const verdicts = await Promise.all(questions.map((i) => ask(one, logins[i] ?? '', passwords[i] ?? '')));
    expect(verdicts.map((verdict) => verdict.outcome)).toEqual(questions.map((i) => (i < 2 ? 'accepted' : 'rejected')));
  });

  it.each(tls)('goes on after the server was away (TLS %s)', async (how) => {
    const other = await startSlapd(ENTRIES);
    const port = how === 'implicit' ? other.tlsPort : other.port;
    const one = verifier({ host: other.host, port, ca: other.caPem, tls: how, userDn: USER_DN });
    try {
      expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
      await other.halt();
      expect(await ask(one, 'alice', 'secret')).toEqual(unavailable);
      await other.start();
      expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
    } finally {
      await other.stop();
    }
  });
});

/** A server of so much LDAP that one answer can be chosen. Messages are short here: lengths fit one octet or two. */
function answerLdap(socket: Socket, answer: (request: number, id: number) => Buffer | undefined): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (octets: Buffer) => {
    rest = Buffer.concat([rest, octets]);
    while (rest.length > 2) {
      const long = rest[1] === 0x81;
      const head = long ? 3 : 2;
      const length = head + (rest[head - 1] ?? 0);
      if (rest.length < length) return;
      const id = rest[head + 2] ?? 0;
      const request = rest[head + 3] ?? 0;
      rest = rest.subarray(length);
      const text = answer(request, id);
      if (text !== undefined && socket.writable) socket.write(text);
    }
  });
}
const result = (operation: number, id: number, code: number, text = ''): Buffer => {
  const body = [0x0a, 1, code, 4, 0, 4, text.length, ...Buffer.from(text)];
  return Buffer.from([0x30, 5 + body.length, 2, 1, id, operation, body.length, ...body]);
};
const BIND = 0x60;
const EXTENDED = 0x77;
const SEARCH = 0x63;
const BIND_RESPONSE = 0x61;
const EXTENDED_RESPONSE = 0x78;
const SEARCH_DONE = 0x65;
const entryOf = (id: number, dn: string): Buffer => {
  const name = Buffer.from(dn);
  const body = [4, name.length, ...name, 0x30, 0];
  return Buffer.from([0x30, 5 + body.length, 2, 1, id, 0x64, body.length, ...body]);
};

describe('auth-ldap with servers that are broken', () => {
  const quick = { host: '127.0.0.1', tls: 'none', connectTime: 400, deadline: 400, userDn: USER_DN } as const;

  it('is unavailable when nobody listens, and for a name that does not exist', async () => {
    for (const how of ['implicit', 'starttls', 'none'] as const) {
      const nobody = verifier({ ...quick, tls: how, port: await deadPort() });
      expect(await ask(nobody, 'alice', 'secret')).toEqual(unavailable);
    }
    expect(await ask(verifier({ ...quick, host: 'no-such-host.invalid' }), 'alice', 'secret')).toEqual(unavailable);
  });

  it.each(brokenServers)('is unavailable when the server %s', async (_name, talk) => {
    for (const how of ['none', 'starttls', 'implicit'] as const) {
      const server = await fakeServer(talk);
      const verdict = await ask(verifier({ ...quick, port: server.port, tls: how }), 'alice', 'secret');
      await server.close();
      expect(verdict).toEqual(unavailable);
    }
  });

  it.each(Array.from({ length: 81 }, (_, code) => code))('bind answered with result %i', async (code) => {
    const server = await fakeServer((socket) => answerLdap(socket, (_request, id) => result(BIND_RESPONSE, id, code)));
    const one = verifier({ ...quick, port: server.port });
    const verdict = await ask(one, 'alice', 'secret');
    await server.close();
    // Invalid credentials, no such entry, no password in it; success; and nothing else is an answer.
    const outcome = code === 0 ? 'accepted' : [49, 48, 32].includes(code) ? 'rejected' : 'unavailable';
    expect(verdict.outcome).toBe(outcome);
  });

  it('takes a DN that a strange login made impossible for a refusal', async () => {
    const server = await fakeServer((socket) => answerLdap(socket, (_request, id) => result(BIND_RESPONSE, id, 34)));
    const one = verifier({ ...quick, port: server.port });
    expect(await ask(one, 'ünï', 'secret')).toEqual(rejected);
    expect(await ask(one, 'alice', 'secret')).toEqual(unavailable);
    await server.close();
  });

  it.each([
    ['an answer for another question', (id: number) => result(BIND_RESPONSE, id + 1, 0)],
    ['half an answer', (id: number) => result(BIND_RESPONSE, id, 0).subarray(0, 6)],
    ['an answer to something else', (id: number) => result(SEARCH_DONE, id, 49)],
    ['a length without end', () => Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0])],
  ])('is unavailable for %s', async (_name, answer) => {
    const server = await fakeServer((socket) => answerLdap(socket, (_request, id) => answer(id)));
    const verdict = await ask(verifier({ ...quick, port: server.port }), 'alice', 'secret');
    await server.close();
    expect(verdict.outcome).not.toBe('accepted');
  });

  it('does not take an anonymous bind for an acceptance when a search gives an entry without a name', async () => {
    const server = await fakeServer((socket) =>
      answerLdap(socket, (request, id) => {
        if (request === BIND) return result(BIND_RESPONSE, id, 0);
        return Buffer.concat([entryOf(id, ''), result(SEARCH_DONE, id, 0)]);
      }),
    );
    const { userDn: _none, ...rest } = quick;
    const one = verifier({ ...rest, port: server.port, search: { base: 'dc=x', filter: '(uid={login})' } });
    expect(await ask(one, 'alice', 'secret')).toEqual({ outcome: 'unavailable', cause: 'an entry without a name' });
    await server.close();
  });

  it('does not trust a server that accepts somebody who does not exist', async () => {
    const server = await fakeServer((socket) =>
      answerLdap(socket, (request, id) => result(request === SEARCH ? SEARCH_DONE : BIND_RESPONSE, id, 0)),
    );
    const { userDn: _none, ...rest } = quick;
    const one = verifier({ ...rest, port: server.port, search: { base: 'dc=x', filter: '(uid={login})' } });
    expect(await ask(one, 'alice', 'secret')).toEqual(unavailable);
    await server.close();
  });

  it('sends no password when StartTLS is refused', async () => {
    const server = await fakeServer((socket) =>
      answerLdap(socket, (request, id) => (request === EXTENDED ? result(EXTENDED_RESPONSE, id, 2) : undefined)),
    );
    const one = verifier({ ...quick, port: server.port, tls: 'starttls' });
    expect(await ask(one, 'alice', 'sesame-9')).toEqual({ outcome: 'unavailable', cause: 'connection: LDAP result 2' });
    expect(server.received()).not.toContain('sesame-9');
    await server.close();
  });

  it('takes nothing that came in the clear for an answer inside TLS', async () => {
    const ca = await throwawayCa();
    const identity = await ca.issue();
    // Behind the answer to StartTLS: the beginning of "bind: success" for the next question, whose end the first octets
    // inside TLS would be. The server itself refuses every password. (ldapts 8.2 alone accepts it then.)
    const nothing = (): number[] => [];
    const success = (id: number): number[] => [0x30, 0x30, 2, 1, id, 0x61, 0x2b, 0x0a, 1, 0, 4, 0, 4, 0x24];
    for (const injected of [nothing, success]) {
      const server = await fakeServer((socket) =>
        answerLdap(socket, (request, id) => {
          if (request !== EXTENDED) return undefined;
          setImmediate(() => {
            socket.removeAllListeners('data');
            const secure = new TLSSocket(socket, { isServer: true, ...identity });
            secure.on('error', () => undefined);
            answerLdap(secure, (_bind, bindId) =>
              Buffer.concat([result(BIND_RESPONSE, bindId, 49, 'x'.repeat(30)), result(SEARCH_DONE, 99, 0)]),
            );
          });
          return Buffer.concat([result(EXTENDED_RESPONSE, id, 0), Buffer.from(injected(id + 1))]);
        }),
      );
      const one = verifier({ ...quick, port: server.port, tls: 'starttls', ca: ca.caPem });
      expect(await ask(one, 'alice', 'secret')).toEqual(injected === nothing ? rejected : unavailable);
      await server.close();
    }
  });

  it('does not go on in the clear when a connection with StartTLS is lost', async () => {
    const ca = await throwawayCa();
    const identity = await ca.issue();
    const server = await fakeServer((socket) =>
      answerLdap(socket, (request, id) => {
        if (request !== EXTENDED) return result(BIND_RESPONSE, id, 0);
        setImmediate(() => {
          socket.removeAllListeners('data');
          const secure = new TLSSocket(socket, { isServer: true, ...identity });
          secure.on('error', () => undefined);
          answerLdap(secure, () => {
            secure.destroy();
            return undefined;
          });
        });
        return result(EXTENDED_RESPONSE, id, 0);
      }),
    );
    const one = verifier({ ...quick, port: server.port, tls: 'starttls', ca: ca.caPem });
    for (let i = 0; i < 3; i++) expect(await ask(one, 'alice', 'sesame-9')).toEqual(unavailable);
    expect(server.received()).not.toContain('sesame-9');
    await server.close();
  });

  it('gives up when the client is gone, and leaves no connection', async () => {
    const server = await fakeServer(() => undefined);
    const controller = new AbortController();
    const one = verifier({ ...quick, port: server.port, deadline: 60_000 });
    const verdict = ask(one, 'alice', 'secret', context({ signal: controller.signal }));
    await waitFor('the bind', () => server.received() !== '');
    controller.abort();
    expect(await verdict).toEqual({ outcome: 'unavailable', cause: 'given up' });
    await waitFor('the connection to be closed', () => server.open === 0);
    await server.close();
  });

  it('turns away what is more than may wait', async () => {
    const server = await fakeServer(() => undefined);
    const one = verifier({ ...quick, port: server.port, concurrency: 1, waiting: 0 });
    const verdicts = await Promise.all([ask(one, 'alice', 'secret'), ask(one, 'alice', 'secret')]);
    expect(verdicts).toContainEqual({ outcome: 'unavailable', cause: 'too many logins at once' });
    await server.close();
  });

  it('says nothing of what the server said, which may be the password', async () => {
    const server = await fakeServer((socket) =>
      answerLdap(socket, (_request, id) => result(BIND_RESPONSE, id, 51, 'busy with sesame-9')),
    );
    const verdict = await ask(verifier({ ...quick, port: server.port }), 'alice', 'sesame-9');
    await server.close();
    expect(verdict).toEqual({ outcome: 'unavailable', cause: 'bind: LDAP result 51' });
  });
});

describe('ldap options', () => {
  const search = { base: 'dc=x', filter: '(uid={login})' };
  it.each([
    [{}, 'auth-ldap: host: found nothing; allowed: a string'],
    [{ host: 'h' }, 'auth-ldap: userDn: found nothing; allowed: either userDn or search'],
    [{ host: 'h', userDn: 'uid={login}', search }, /allowed: either userDn or search/],
    [
      { host: 'h', userDn: 'uid=alice' },
      'auth-ldap: userDn: found "uid=alice"; allowed: a DN with {login}, {user} or {domain}',
    ],
    [{ host: 'h', userDn: '{login}' }, 'auth-ldap: userDn: found "{login}"; allowed: a DN'],
    [
      { host: 'h', search: { ...search, filter: '(uid={login}' } },
      /search\.filter: found "\(uid=\{login\}"; allowed: a filter in the form of RFC 4515/,
    ],
    [
      { host: 'h', search: { ...search, bindPasswordFile: '/no/such' } },
      /search\.bindPasswordFile: found "\/no\/such" \(ENOENT\)/,
    ],
    [
      { host: 'h', userDn: 'uid={login}', attributes: { mail: 'x' } },
      /attributes\.mail: found an unknown key; allowed: addresses, /,
    ],
  ])('%j: %s', (options, message) => {
    expect(() => ldap(options as LdapOptions)).toThrow(message);
  });
});
