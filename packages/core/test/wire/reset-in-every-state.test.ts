/** RST and FIN in every state: one line in the log, nothing left behind, and the next client is served (pitfall 17). */
import { connectSmtp, waitFor } from '@postern/testkit';
import type { SmtpClient } from '@postern/testkit';
import { describe, expect, it } from 'vitest';
import { relayTo } from './relay.js';
import type { Relay } from './relay.js';
import { enterData, loggedIn, LOGIN, readAll, rememberingQueue, startWire } from './wire-server.js';
import type { WireServer } from './wire-server.js';

type Reach = (server: Pick<WireServer, 'starttls' | 'implicit' | 'plain'>) => Promise<SmtpClient>;

const greeted = async (target: { port: number; tls?: 'implicit' }): Promise<SmtpClient> => {
  const client = await connectSmtp(target);
  await client.reply();
  return client;
};

/** How to come to each state. */
const STATES: Readonly<Record<string, Reach>> = {
  'before the greeting': ({ starttls }) => connectSmtp(starttls),
  'before the handshake': ({ implicit }) => connectSmtp({ port: implicit.port }),
  'in half a ClientHello': async ({ implicit }) => {
    const client = await connectSmtp({ port: implicit.port });
    client.raw(Buffer.from('1603010200010001fc0303', 'hex'));
    return client;
  },
  'behind the greeting': ({ starttls }) => greeted(starttls),
  'in half a command': async ({ plain }) => {
    const client = await greeted(plain);
    client.raw('EHL');
    return client;
  },
  'behind EHLO': async ({ plain }) => {
    const client = await greeted(plain);
    await client.ehlo();
    return client;
  },
  'behind STARTTLS, before the handshake': async ({ starttls }) => {
    const client = await greeted(starttls);
    await client.ehlo();
    await client.command('STARTTLS');
    return client;
  },
  'inside TLS': async ({ starttls }) => {
    const client = await greeted(starttls);
    await client.ehlo();
    await client.startTls();
    return client;
  },
  'in an AUTH exchange': async ({ plain }) => {
    const client = await greeted(plain);
    await client.ehlo();
    await client.command('AUTH LOGIN');
    return client;
  },
  'while a verifier works': async ({ plain }) => {
    const client = await greeted(plain);
    await client.ehlo();
    client.send(LOGIN);
    return client;
  },
  'logged in': ({ implicit }) => loggedIn(implicit),
  'behind MAIL': async ({ implicit }) => {
    const client = await loggedIn(implicit);
    await client.command('MAIL FROM:<a@example.com>');
    return client;
  },
  'in DATA': async ({ implicit }) => {
    const client = await loggedIn(implicit);
    await enterData(client);
    client.raw('Subject: x\r\n\r\nhalf');
    return client;
  },
  'in BDAT': async ({ plain }) => {
    const client = await loggedIn(plain);
    await client.command('MAIL FROM:<a@example.com>');
    await client.command('RCPT TO:<b@example.net>');
    client.raw('BDAT 1000\r\nSubject: x\r\n');
    return client;
  },
  'between chunks': async ({ plain }) => {
    const client = await loggedIn(plain);
    await client.command('MAIL FROM:<a@example.com>');
    await client.command('RCPT TO:<b@example.net>');
    client.raw('BDAT 12\r\nSubject: x\r\n');
    await client.reply();
    return client;
  },
  'behind QUIT': async ({ implicit }) => {
    const client = await loggedIn(implicit);
    client.send('QUIT');
    return client;
  },
};

/** The same listeners, each through a relay. */
async function through(server: WireServer): Promise<{ ports: Parameters<Reach>[0]; relays: readonly Relay[] }> {
  const [starttls, implicit, plain] = await Promise.all([
    relayTo(server.starttls.port),
    relayTo(server.implicit.port),
    relayTo(server.plain.port),
  ]);
  const ports = {
    starttls: { port: starttls.port },
    implicit: { port: implicit.port, tls: 'implicit' as const },
    plain: { port: plain.port },
  };
  return { ports, relays: [starttls, implicit, plain] };
}

describe.each(Object.entries(STATES))('a client that leaves %s', (_state, reach) => {
  it.each(['reset', 'close'] as const)('by %s', async (how) => {
    const server = await startWire();
    const { ports, relays } = await through(server);
    const client = await reach(ports);
    // The relay has to have passed everything on.
    await waitFor('the connection', () => server.server.connections + server.events.length > 0);
    if (how === 'reset') for (const relay of relays) relay.reset();
    else client.destroy();
    const ended = await server.sessions(1);
    expect(ended).toHaveLength(1);
    expect(ended[0]?.ended).toMatch(/^(?:client-gone|tls-failed|quit)$/);
    await waitFor('no connection', () => server.server.connections === 0);
    expect(server.queue.queued).toEqual([]);
    expect(server.events.filter((event) => event.event === 'fault')).toEqual([]);
    client.destroy();
    const next = await loggedIn(server.implicit);
    expect((await next.deliver('a@example.com', ['b@example.net'], 'Subject: next\n\n')).code).toBe(250);
    await next.quit();
  });
});

describe('a client that leaves behind the final dot', () => {
  it('has its message queued once, and the session ends with it counted', async () => {
    let release = (): void => undefined;
    const queue = rememberingQueue(async (message) => {
      const text = await readAll(message);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return text;
    });
    const server = await startWire({ queue });
    const relay = await relayTo(server.implicit.port);
    const client = await loggedIn({ port: relay.port, tls: 'implicit' });
    await enterData(client);
    const held = release;
    client.raw('Subject: x\r\n\r\nwhole\r\n.\r\n');
    await waitFor('the whole message', () => release !== held);
    relay.reset();
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    expect(server.events.filter((event) => event.event === 'session')).toEqual([]);
    release();
    expect(await server.sessions(1)).toMatchObject([{ messages: 1 }]);
    expect(server.queue.queued).toHaveLength(1);
  });
});
