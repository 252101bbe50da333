/**
 * Random octets against a whole session: played without sockets, where how the input is cut must change nothing, and over
 * sockets that break off in every way. The engine never throws, answers in order, queues nothing that did not end, and
 * leaves nothing behind.
 *
 * POSTERN_FUZZ_SEED chooses the cases (default: the same ones every time), POSTERN_FUZZ_CASES how many.
 */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Duplex } from 'node:stream';
import { certificates, createSubmissionServer, playSession, Session } from '@postern/core';
import type { Event, PlayAction, Queue, SessionRules, Verifier } from '@postern/core';
import { clientHello, issueCertificate, waitFor } from '@postern/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCorpus } from './corpus.js';
import { cut, mutate } from './mutation.js';
import { randomFrom } from './random.js';
import type { Random } from './random.js';

const SEED = Number(process.env['POSTERN_FUZZ_SEED'] ?? 20_261_121);
const CASES = Number(process.env['POSTERN_FUZZ_CASES'] ?? 1500);

const corpus = readCorpus();
const texts = corpus.map((file) => file.text);

const rules = (random: Random): SessionRules => ({
  hostname: 'mail.example',
  startTls: random.oneIn(2),
  requireTls: random.oneIn(4),
  requireLogin: random.oneIn(2),
  mechanisms: () => ['PLAIN', 'LOGIN', 'CRAM-MD5'],
  leader: () => undefined,
  authzidAsLogin: random.oneIn(2),
  carries: new Set(random.oneIn(2) ? (['8bit'] as const) : []),
  chunking: !random.oneIn(4),
  messageSize: random.oneIn(2) ? 0 : 1000,
  recipients: 5,
  messages: random.oneIn(4) ? 2 : 0,
  errors: 10,
  failedLogins: 2,
  verp: false,
  senders: { name: 'any', maySendAs: () => true },
  complete: (mailbox) => mailbox,
  nonce: () => '00112233445566778899aabbccddeeff',
  now: () => 1_700_000_000_000,
});

function played(chunks: readonly Uint8Array[], seed: number): PlayAction[] {
  const random = randomFrom(seed);
  const session = new Session(
    {
      sessionId: 'fuzz',
      peer: { address: '192.0.2.1', port: 1 },
      local: { address: '192.0.2.2', port: 587 },
      listener: 'fuzz',
    },
    rules(random),
  );
  const accepts = random.oneIn(2);
  return playSession(session, chunks, {
    lineEndings: random.oneIn(2) ? 'reject' : 'normalise',
    ends: random.oneIn(2),
    verify: () =>
      accepts ? { outcome: 'accepted', identity: { login: 'alice' } } : { outcome: 'unavailable', cause: 'fuzz' },
    queue: () => (accepts ? { outcome: 'queued', id: 'q' } : { outcome: 'deferred' }),
  });
}

/** What has to look the same however the input was cut. */
function shape(actions: readonly PlayAction[]): unknown[] {
  const out: unknown[] = [];
  for (const action of actions) {
    if (action.action === 'chunk') continue;
    out.push(action.action === 'verify' ? action.ask.ask : action);
  }
  return out;
}

function checkOrder(actions: readonly PlayAction[]): void {
  let open = false;
  actions.forEach((action, i) => {
    switch (action.action) {
      case 'reply':
        expect(action.text).toMatch(/^(?:\d{3}[ -][\x20-\x7e]*\r\n)+$/);
        break;
      case 'open':
        expect(open).toBe(false);
        open = true;
        break;
      case 'chunk':
        expect(open).toBe(true);
        expect(action.octets.includes(0x0d)).toBe(false);
        break;
      case 'commit':
      case 'abort':
        expect(open).toBe(true);
        open = false;
        break;
      case 'close':
        expect(i).toBe(actions.length - 1);
        break;
      default:
    }
  });
}

describe('a played session', () => {
  it.each(corpus)('$name: every cut is the same session', ({ text }) => {
    for (let seed = 0; seed < 8; seed++) {
      const whole = played([Buffer.from(text, 'latin1')], seed);
      checkOrder(whole);
      const single = played(
        Array.from(Buffer.from(text, 'latin1'), (octet) => Buffer.of(octet)),
        seed,
      );
      checkOrder(single);
      // Inside TLS or not is a matter of where the chunk ended; every other session is the same to the octet.
      if (!text.includes('STARTTLS')) expect(shape(single)).toEqual(shape(whole));
    }
  });

  it(`${CASES} random ones (seed ${SEED})`, () => {
    for (let i = 0; i < CASES; i++) {
      const random = randomFrom(SEED + i);
      const text = mutate(texts, random);
      const chunks = cut(text, random);
      try {
        const actions = played(chunks, i);
        checkOrder(actions);
        const starttls = actions.some((action) => action.action === 'start-tls');
        if (!starttls) expect(shape(actions)).toEqual(shape(played([Buffer.from(text, 'latin1')], i)));
      } catch (error) {
        throw new Error(`case ${SEED + i}: ${JSON.stringify(text.slice(0, 2000))}`, { cause: error });
      }
    }
  });
});

describe('a session over a socket', () => {
  const events: Event[] = [];
  const queued: string[] = [];
  let server: ReturnType<typeof createSubmissionServer>;
  let ports: { starttls: number; implicit: number; plain: number; proxied: number };
  let hello: Buffer;
  let before: string[];

  const queue: Queue = {
    name: 'fuzz',
    carries: new Set(['8bit'] as const),
    async submit(_envelope, message) {
      let octets = 0;
      for await (const chunk of message) octets += chunk.length;
      queued.push(String(octets));
      return octets % 7 === 0 ? { outcome: 'deferred' } : { outcome: 'queued', id: String(queued.length) };
    },
  };
  const verifier: Verifier = {
    name: 'fuzz',
    checks: new Set(['password', 'cram-md5'] as const),
    verify: (credentials) => Promise.resolve({ outcome: 'accepted', identity: { login: credentials.login } }),
  };

  beforeAll(async () => {
    hello = await clientHello();
    before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));
    const listen = { address: '127.0.0.1', port: 0 } as const;
    server = createSubmissionServer({
      hostname: 'mail.example',
      certificates: certificates({ pairs: [await issueCertificate()] }),
      verifiers: [verifier],
      queue,
      observer: { observe: (event) => events.push(event) },
      limits: { connectionsPerAddress: 1000, failureDelay: 0, messageSize: 20_000 },
      timeouts: { handshake: 400, greeting: 400, command: 400, unauthenticated: 800, data: 400, proxy: 400 },
      listen: [
        { ...listen, tls: 'starttls', name: 'starttls' },
        { ...listen, tls: 'implicit', name: 'implicit' },
        { ...listen, tls: 'none', requireTls: false, name: 'plain' },
        { ...listen, tls: 'none', requireTls: false, name: 'proxied', proxyFrom: ['127.0.0.1'] },
      ],
    });
    const bound = await server.start();
    const port = (name: string): number => bound.find((listener) => listener.name === name)?.port ?? 0;
    ports = { starttls: port('starttls'), implicit: port('implicit'), plain: port('plain'), proxied: port('proxied') };
  });

  afterAll(async () => {
    await server.close(0);
    expect(server.connections).toBe(0);
    await waitFor('every socket to be gone', () => {
      const now = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));
      return now.length <= before.length;
    });
  });

  /** Sends a case, and leaves in some way. Resolves when the connection is over. */
  async function attack(seed: number): Promise<void> {
    const random = randomFrom(seed);
    const where = random.pick(['starttls', 'implicit', 'plain', 'proxied'] as const);
    const inTls = where === 'implicit' && random.oneIn(2);
    const raw = connect({ port: ports[where], host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    raw.on('error', () => undefined);
    await new Promise((resolve) => {
      raw.once('connect', resolve);
      raw.once('close', resolve);
    });
    let stream: Duplex = raw;
    if (inTls) {
      stream = connectTls({ socket: raw, rejectUnauthorized: false, servername: 'localhost' });
      stream.on('error', () => undefined);
    }
    const closed = new Promise((resolve) => {
      stream.once('close', resolve);
    });
    if (!random.oneIn(10)) stream.resume();
    let text = mutate(texts, random);
    if (where === 'proxied' && !random.oneIn(4)) text = `PROXY TCP4 192.0.2.1 192.0.2.2 1 587\r\n${text}`;
    if (where === 'implicit' && !inTls && random.oneIn(2))
      text = hello.toString('latin1', 0, random.below(hello.length + 1)) + text;
    for (const chunk of cut(text, random).slice(0, 200)) {
      if (stream.destroyed) break;
      stream.write(chunk);
      if (random.oneIn(5)) {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
    }
    switch (random.below(4)) {
      case 0:
        stream.end();
        break;
      case 1:
        // A reset under a TLSSocket of this same process ends Node 20 itself.
        if (inTls) stream.destroy();
        else raw.resetAndDestroy();
        break;
      case 2:
        stream.destroy();
        break;
      default:
      // Waits for the server to have enough.
    }
    // A client that never reads does not see the end of the stream either.
    const late = setTimeout(() => stream.destroy(), 3000);
    await closed;
    clearTimeout(late);
    raw.destroy();
  }

  const attacks = Math.max(100, Math.floor(CASES / 5));

  it(`survives ${attacks} clients (seed ${SEED})`, { timeout: 120_000 + attacks * 200 }, async () => {
    const faults: unknown[] = [];
    const note = (error: unknown): void => {
      faults.push(error);
    };
    process.on('uncaughtExceptionMonitor', note);
    for (let i = 0; i < attacks; i += 20) {
      await Promise.all(Array.from({ length: Math.min(20, attacks - i) }, (_, k) => attack(SEED + i + k)));
    }
    await waitFor('the end of every connection', () => server.connections === 0, 20_000);
    process.off('uncaughtExceptionMonitor', note);
    expect(faults).toEqual([]);
    expect(events.filter((event) => event.event === 'fault')).toEqual([]);
    expect(events.filter((event) => event.event === 'session')).toHaveLength(attacks);
  });
});
