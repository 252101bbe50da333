import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { dovecot } from '@postern/auth-dovecot';
import type { DovecotOptions } from '@postern/auth-dovecot';
import type { ExchangeStep } from '@postern/core';
import { verifierContract } from '@postern/core/contract';
import { describePeer, waitFor } from '@postern/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDovecot, TEMPFAIL } from './support/dovecot-server.js';
import type { DovecotServer } from './support/dovecot-server.js';
import { brokenServers, lineServer, fakeServer } from './support/fake-server.js';
import { ask, brokenLogins, context, hostileLogins } from './support/question.js';

const accepted = (login: string, more: object = {}) => ({ outcome: 'accepted', identity: { login, ...more } });
const rejected = { outcome: 'rejected' };
const unavailable = { outcome: 'unavailable', cause: expect.any(String) as string };

const made: { close(): Promise<void> }[] = [];
const verifier = (options: DovecotOptions) => {
  const one = dovecot(options);
  made.push(one);
  return one;
};
afterEach(async () => {
  await Promise.all(made.splice(0).map((one) => one.close()));
});

const closed = (one: ReturnType<typeof dovecot>) => ({ verifier: one, dispose: () => one.close() });

const challenge = (step: ExchangeStep): Buffer => {
  if (step.outcome !== 'challenge') throw new Error(`no challenge but ${JSON.stringify(step)}`);
  return step.challenge;
};

describePeer(describe, 'dovecot', 'auth-dovecot with Dovecot', () => {
  let server: DovecotServer;
  const real = (options: DovecotOptions = {}) => verifier({ socket: server.authSocket, ...options });

  beforeAll(async () => {
    server = await startDovecot({
      mechanisms: 'plain login cram-md5 digest-md5 scram-sha-256 apop anonymous external xoauth2',
      users: [
        { login: 'alice', password: 'secret' },
        { login: 'zoë', password: 'pässwörd' },
        { login: 'gone', password: 'secret', extra: 'nologin=y reason=moved' },
        { login: 'elsewhere', password: 'secret', extra: 'proxy=y host=192.0.2.1' },
        {
          login: 'frank',
          password: 'secret',
          extra: 'user=frank.canonical from=f@example.com,@example.org home=/home/frank uid=1007 gid=100',
        },
      ],
    });
  });
  afterAll(() => server.stop());

  // At the same time: Dovecot says no only twice a second.
  verifierContract(it.concurrent, {
    create: () => closed(dovecot({ socket: server.authSocket })),
    user: { login: 'alice', password: 'secret' },
    checks: ['password'],
    unavailable: () => closed(dovecot({ socket: '/nonexistent/auth-client' })),
    hanging: async () => {
      const silent = await fakeServer(() => undefined, { unix: true });
      const one = dovecot({ socket: silent.path });
      return {
        verifier: one,
        dispose: async () => {
          await one.close();
          await silent.close();
        },
      };
    },
  });

  it('tells right from wrong', async () => {
    const one = real();
    expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
    expect(await ask(one, 'alice', 'wrong')).toEqual(rejected);
    expect(await ask(one, 'nobody', 'secret')).toEqual(rejected);
    expect(await ask(one, 'zoë', 'pässwörd')).toEqual(accepted('zoë'));
  });

  it('hands on what Dovecot knows', async () => {
    const identity = { addresses: ['f@example.com', '@example.org'], home: '/home/frank', uid: 1007, gid: 100 };
    const one = real({ fields: { addresses: 'from' } });
    expect(await ask(one, 'frank', 'secret')).toEqual(accepted('frank.canonical', identity));
  });

  it('takes OK with nologin or proxy for a refusal, and a temporary failure for none', async () => {
    const one = real();
    expect(await ask(one, 'gone', 'secret')).toEqual(rejected);
    expect(await ask(one, 'elsewhere', 'secret')).toEqual(rejected);
    expect(await ask(one, `${TEMPFAIL}er`, 'secret')).toEqual(unavailable);
  });

  it('lists what Dovecot lists, without what makes no sense here', async () => {
    const one = real();
    expect(one.mechanisms.size).toBe(0);
    expect(await one.ready()).toBe(true);
    // PLAIN and LOGIN are asked as passwords, so that the whole chain is.
    expect([...one.mechanisms].sort()).toEqual(['CRAM-MD5', 'DIGEST-MD5', 'SCRAM-SHA-256', 'XOAUTH2']);
    expect([...one.checks]).toEqual(['password']);
    const some = real({ mechanisms: ['plain', 'EXTERNAL', 'OTP'] });
    await some.ready();
    expect([...some.mechanisms]).toEqual(['EXTERNAL']);
    expect([...some.checks]).toEqual(['password']);
    expect([...real({ mechanisms: ['SCRAM-SHA-256'] }).checks]).toEqual([]);
  });

  it('asks by LOGIN where there is no PLAIN', async () => {
    const other = await startDovecot({ mechanisms: 'login', users: [{ login: 'alice', password: 'secret' }] });
    const one = verifier({ socket: other.authSocket });
    const verdicts = [await ask(one, 'alice', 'secret'), await ask(one, 'alice', 'wrong')];
    await other.stop();
    expect(verdicts).toEqual([accepted('alice'), rejected]);
  });

  it('passes PLAIN through, with and without initial response', async () => {
    const one = real();
    await one.ready();
    const response = Buffer.from('\0alice\0secret');
    expect(await one.begin('PLAIN', context()).step(response)).toEqual(accepted('alice'));
    const exchange = one.begin('PLAIN', context());
    expect(challenge(await exchange.step(undefined))).toHaveLength(0);
    expect(await exchange.step(response)).toEqual(accepted('alice'));
    const wrong = one.begin('PLAIN', context());
    expect(await wrong.step(Buffer.from('\0alice\0wrong'))).toEqual(rejected);
    expect((await one.begin('PLAIN', context()).step(Buffer.alloc(0))).outcome).toBe('rejected');
  });

  it('passes CRAM-MD5 through', async () => {
    const one = real();
    for (const [password, verdict] of [
      ['secret', accepted('alice')],
      ['wrong', rejected],
    ] as const) {
      const exchange = one.begin('CRAM-MD5', context());
      const asked = challenge(await exchange.step(undefined));
      const digest = createHmac('md5', password).update(asked).digest('hex');
      expect(await exchange.step(Buffer.from(`alice ${digest}`))).toEqual(verdict);
    }
  });

  it('passes SCRAM-SHA-256 through, where the server has the last word', async () => {
    const exchange = real().begin('SCRAM-SHA-256', context());
    const bare = 'n=alice,r=fyko+d2lbbFgONRv9qkxdawL';
    const first = challenge(await exchange.step(Buffer.from(`n,,${bare}`))).toString();
    const [, nonce = '', salt = '', rounds = ''] = /^r=(.*),s=(.*),i=(\d+)$/.exec(first) ?? [];
    const salted = pbkdf2Sync('secret', Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256');
    const mac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const clientKey = mac(salted, 'Client Key');
    const withoutProof = `c=biws,r=${nonce}`;
    const message = `${bare},${first},${withoutProof}`;
    const signature = mac(createHash('sha256').update(clientKey).digest(), message);
    const proof = Buffer.from(clientKey.map((octet, i) => octet ^ (signature[i] ?? 0)));
    const last = challenge(
      await exchange.step(Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)),
    ).toString();
    expect(last).toBe(`v=${mac(mac(salted, 'Server Key'), message).toString('base64')}`);
    expect(await exchange.step(Buffer.alloc(0))).toEqual(accepted('alice'));
  });

  it('forgets a cancelled exchange, and goes on', async () => {
    const one = real();
    const exchange = one.begin('DIGEST-MD5', context());
    challenge(await exchange.step(undefined));
    exchange.cancel();
    exchange.cancel();
    expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
  });

  it('shares one connection among many', async () => {
    const one = real();
    const questions = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 'wrong' : 'secret'));
    const verdicts = await Promise.all(questions.map((password) => ask(one, 'alice', password)));
    expect(verdicts.map((verdict) => verdict.outcome)).toEqual(
      questions.map((password) => (password === 'secret' ? 'accepted' : 'rejected')),
    );
  });

  it('lets no login be more than a login', async () => {
    const one = real();
    const verdicts = await Promise.all(hostileLogins.map((login) => ask(one, login, 'secret')));
    expect(new Map(hostileLogins.map((login, i) => [login, verdicts[i]]))).toEqual(
      new Map(hostileLogins.map((login) => [login, rejected])),
    );
    for (const login of brokenLogins)
      expect({ login, ...(await ask(one, login, 'secret')) }).toEqual({ login, ...rejected });
    // Fields moved by a NUL: "alice" as authorization identity, or a password that ends early.
    expect(await ask(one, 'x', 'alice\0secret')).toEqual(rejected);
    expect(await ask(one, 'alice', 'secret\0')).toEqual(rejected);
    expect(await ask(one, 'alice', '')).toEqual(rejected);
    expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
  });

  it('refuses a request beyond the limit, instead of losing everybody who shares the connection', async () => {
    const one = real();
    const other = one.begin('CRAM-MD5', context());
    const asked = challenge(await other.step(undefined));
    expect(await ask(one, 'alice', 'x'.repeat(100_000))).toEqual(rejected);
    expect(await one.begin('PLAIN', context()).step(Buffer.alloc(100_000, 'x'))).toEqual(rejected);
    const digest = createHmac('md5', 'secret').update(asked).digest('hex');
    expect(await other.step(Buffer.from(`alice ${digest}`))).toEqual(accepted('alice'));
  });

  it('keeps its limit below that of Dovecot', async () => {
    const one = real();
    const password = 'x'.repeat(5_900);
    expect(await ask(one, 'alice', password)).toEqual(rejected);
    expect(server.log()).not.toContain('sent us more than');
  });

  it('is unavailable while Dovecot is away, and comes back with it, mechanisms and all', async () => {
    const other = await startDovecot({ users: [{ login: 'alice', password: 'secret' }] });
    const one = verifier({ socket: other.authSocket, retryFirst: 20, retryMost: 50 });
    try {
      expect(await ask(one, 'alice', 'secret')).toEqual(accepted('alice'));
      const pending = one.begin('CRAM-MD5', context());
      challenge(await pending.step(undefined));
      await other.halt();
      expect(await pending.step(Buffer.from('alice 0'))).toEqual(unavailable);
      expect(await ask(one, 'alice', 'secret')).toEqual(unavailable);
      // A client that was offered these gets 454 for them, which is better than a server without AUTH.
      expect(one.mechanisms.has('CRAM-MD5')).toBe(true);
      await other.start();
      await waitFor(
        'the connection to come back',
        async () => (await ask(one, 'alice', 'secret')).outcome === 'accepted',
      );
    } finally {
      await other.stop();
    }
  });
});

describe('auth-dovecot with servers that are broken', () => {
  const quick = { connectTime: 300, deadline: 300 };
  const HELLO = 'VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\tabc\nDONE\n';

  it('is unavailable when there is no socket', async () => {
    const one = verifier({ socket: '/nonexistent/auth-client', ...quick });
    expect(await one.ready()).toBe(false);
    expect(await ask(one, 'alice', 'secret')).toEqual(unavailable);
    expect(await one.begin('PLAIN', context()).step(Buffer.from('x'))).toEqual(unavailable);
  });

  it.each(brokenServers)('is unavailable when the server %s', async (_name, talk) => {
    const server = await fakeServer(talk, { unix: true });
    const one = verifier({ socket: server.path, ...quick });
    const verdict = await ask(one, 'alice', 'secret');
    await one.close();
    await server.close();
    expect(verdict).toEqual(unavailable);
  });

  // What Dovecot says to AUTH, and what that is.
  it.each([
    ['OK\tID\tuser=alice', 'accepted'],
    ['OK\tID', 'accepted'],
    ['OK\tID\tuser=alice\tnologin', 'rejected'],
    ['OK\tID\tuser=alice\tnologin=y', 'rejected'],
    ['OK\tID\tuser=alice\tproxy', 'rejected'],
    ['OK\tID\tuser=anonymous\tanonymous', 'rejected'],
    ['FAIL\tID', 'rejected'],
    ['FAIL\tID\tuser=alice\tcode=user_disabled', 'rejected'],
    ['FAIL\tID\tuser=alice\tcode=temp_fail', 'unavailable'],
    ['FAIL\tID\tuser=alice\ttemp', 'unavailable'],
    ['FAIL\tID\treason=Authentication request timed out', 'unavailable'],
    ['CONT\tID\tYWdhaW4=', 'unavailable'],
    ['OK\t99\tuser=alice', 'unavailable'],
    ['OK\tx\tuser=alice', 'unavailable'],
    ['ok\tID\tuser=alice', 'unavailable'],
    ['NOTHING\tID', 'unavailable'],
    ['OK', 'unavailable'],
    ['EOF', 'unavailable'],
  ])('%s is %s', async (reply, outcome) => {
    const server = await lineServer(
      HELLO,
      (line, socket) => {
        const [command, id = ''] = line.split('\t');
        if (command !== 'AUTH') return undefined;
        if (reply === 'EOF') socket.destroy();
        return `${reply.replace('ID', id)}\n`;
      },
      { unix: true },
    );
    const one = verifier({ socket: server.path, ...quick });
    const verdict = await ask(one, 'alice', 'secret');
    await one.close();
    await server.close();
    expect(verdict.outcome).toBe(outcome);
  });

  it('waits for DONE, whatever order and pieces the lines come in', async () => {
    const server = await fakeServer(
      (socket) => {
        const lines =
          'SPID\t1\nCOOKIE\tx\nMECH\tOTP\nSOMETHING\tnew\nVERSION\t1\t9\nCUID\t1\nMECH\tXOAUTH2\tplaintext\nDONE\n';
        let at = 0;
        const next = (): void => {
          if (at < lines.length && socket.writable) socket.write(lines[at++] ?? '', () => setImmediate(next));
        };
        next();
      },
      { unix: true },
    );
    const one = verifier({ socket: server.path });
    expect(await one.ready()).toBe(true);
    expect([...one.mechanisms]).toEqual(['OTP', 'XOAUTH2']);
    // It lists nothing by which a password could be asked about.
    expect([...one.checks]).toEqual([]);
    await one.close();
    await server.close();
  });

  it('refuses another major version of the protocol', async () => {
    const server = await lineServer(HELLO.replace('\t1\t2', '\t2\t0'), () => undefined, { unix: true });
    const one = verifier({ socket: server.path, ...quick });
    expect(await one.ready()).toBe(false);
    await one.close();
    await server.close();
  });

  it('answers every open question when the connection ends', async () => {
    let asked = 0;
    const server = await lineServer(
      HELLO,
      (line, socket) => {
        if (line.startsWith('AUTH\t') && ++asked === 5) socket.destroy();
        return undefined;
      },
      { unix: true },
    );
    const one = verifier({ socket: server.path, deadline: 60_000 });
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => ask(one, 'alice', 'secret')));
    await one.close();
    await server.close();
    expect(verdicts).toEqual(Array.from({ length: 5 }, () => unavailable));
  });

  it('sends what the client is, escaped, with the response last', async () => {
    const server = await lineServer(
      HELLO,
      (line) => (line.startsWith('AUTH') ? 'OK\t1\tuser=a\\\x01tb\n' : undefined),
      {
        unix: true,
      },
    );
    const one = verifier({ socket: server.path });
    const facts = {
      sessionId: 'a\tsecured\nAUTH',
      peer: { address: '2001:db8::7', port: 4711 },
      local: { address: '192.0.2.1', port: 465 },
    };
    const verdict = await ask(one, 'alice', 'secret', context(facts));
    await one.close();
    await server.close();
    expect(verdict).toEqual({ outcome: 'unavailable', cause: 'OK without a usable user' });
    const lines = server.received().split('\n');
    expect(lines[0]).toBe('VERSION\t1\t2');
    expect(lines[1]).toMatch(/^CPID\t[1-9]\d*$/);
    expect(lines[2]).toBe(
      'AUTH\t1\tPLAIN\tservice=smtp\tsecured\tsession=a\x01tsecured\x01nAUTH\tlip=192.0.2.1\tlport=465\trip=2001:db8::7\trport=4711\tresp=AGFsaWNlAHNlY3JldA==',
    );
    expect(lines[3]).toBe('');
  });

  it('says that a client is gone, and takes no late answer for another question', async () => {
    const server = await lineServer(HELLO, () => undefined, { unix: true });
    const one = verifier({ socket: server.path, deadline: 60_000 });
    await one.ready();
    const controller = new AbortController();
    const verdict = ask(one, 'alice', 'secret', context({ signal: controller.signal }));
    await waitFor('the question', () => server.received().includes('AUTH\t1\t'));
    controller.abort();
    expect(await verdict).toEqual({ outcome: 'unavailable', cause: 'given up' });
    await waitFor('the cancellation', () => server.received().includes('CANCEL\t1\n'));
    await one.close();
    await server.close();
  });

  it('does not knock for every client while the server is away', async () => {
    const server = await fakeServer((socket) => socket.destroy(), { unix: true });
    const one = verifier({ socket: server.path, retryFirst: 10_000 });
    for (let i = 0; i < 20; i++) expect(await ask(one, 'alice', 'secret')).toEqual(unavailable);
    expect(server.connections).toBe(1);
    await one.close();
    await server.close();
  });

  it('turns away what is more than may wait', async () => {
    const server = await lineServer(HELLO, () => undefined, { unix: true });
    const one = verifier({ socket: server.path, concurrency: 1, waiting: 0, deadline: 300 });
    const verdicts = await Promise.all([ask(one, 'alice', 'secret'), ask(one, 'alice', 'secret')]);
    expect(verdicts).toContainEqual({ outcome: 'unavailable', cause: 'too many logins at once' });
    expect(verdicts).toContainEqual({ outcome: 'unavailable', cause: 'no answer within 300 ms' });
    await one.close();
    await server.close();
  });
});

describe('dovecot options', () => {
  it.each([
    [{ socket: '' }, 'auth-dovecot: socket: found ""; allowed: at least 1 in length'],
    [{ service: 'a b' }, /^auth-dovecot: service: found "a b"/],
    [{ deadline: 0 }, 'auth-dovecot: deadline: found 0; allowed: 1 or more'],
    [
      { fields: { mail: 'x' } },
      /^auth-dovecot: fields\.mail: found an unknown key; allowed: addresses, gid, home, uid$/,
    ],
  ])('%j: %s', (options, message) => {
    expect(() => dovecot(options as DovecotOptions)).toThrow(message);
  });
});
