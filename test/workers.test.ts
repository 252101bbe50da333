/**
 * Several workers behave as one daemon: they take mail while others of them die, and what is counted, resumed, reloaded
 * or ended holds for all of them. Which worker a connection reaches is steered by stopping the others (SIGSTOP).
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  connectSmtp,
  fakeQmailQueue,
  pause,
  posterndPath,
  readMaildir,
  runPosternd,
  startProgram,
  tempDir,
  waitFor,
} from '@postern/testkit';
import type { LogLine, SmtpClient } from '@postern/testkit';
import { giveAway, isRoot, nobody, openGate, pass, quote, user, writeConfig } from './support/gate.js';
import type { Gate, GateOptions } from './support/gate.js';
import { children, isRunning, status } from './support/proc.js';

const WORKERS = 2;
const TO = ['bob@example.net'];

const ANYBODY = `export const verifier = () => ({
  name: 'anybody',
  checks: new Set(['password']),
  verify: async ({ login }) => ({ outcome: 'accepted', identity: { login } }),
});
`;

const open: { gate: Gate; started: Set<number> }[] = [];

async function openWorkers(options: GateOptions = {}): Promise<Gate> {
  const gate = await openGate({ ...options, top: `workers = ${WORKERS}\n${options.top ?? ''}` });
  open.push({ gate, started: new Set(workersOf(gate)) });
  return gate;
}

// A worker that a failed test left stopped would never end.
afterEach(async () => {
  for (const { gate, started } of open.splice(0)) {
    for (const pid of [...started, ...workersOf(gate)]) if (isRunning(pid)) process.kill(pid, 'SIGCONT');
    await gate.close();
  }
});

const workersOf = (gate: Gate): number[] =>
  children(gate.daemon.pid)
    .filter(({ state }) => state !== 'Z')
    .map(({ pid }) => pid);

const said = (gate: Gate, outcome: string): LogLine[] =>
  gate.daemon.log().filter((line) => line.event === 'worker' && line['outcome'] === outcome);

/** From here on `chosen` alone accepts connections and answers. */
async function leaveOnly(gate: Gate, chosen: number): Promise<void> {
  process.kill(chosen, 'SIGCONT');
  for (const pid of workersOf(gate)) {
    if (pid === chosen) continue;
    process.kill(pid, 'SIGSTOP');
    await waitFor(`${pid} stopped`, () => status(pid).get('State')?.[0] === 'T');
  }
}

const goOn = (gate: Gate): void => workersOf(gate).forEach((pid) => process.kill(pid, 'SIGCONT'));

/** Kills one worker and waits until another one serves in its place. */
async function killOne(gate: Gate, pid: number): Promise<void> {
  const before = said(gate, 'ready').length;
  process.kill(pid, 'SIGKILL');
  await waitFor('a new worker', () => said(gate, 'ready').length > before, 20_000);
}

async function attempt(gate: Gate, login: string, password: string): Promise<number> {
  const client = await connectSmtp(gate.target('plain'));
  await client.reply();
  await client.ehlo();
  const { code } = await client.login(login, password);
  client.destroy();
  return code;
}

async function startMessage(client: SmtpClient, subject: string): Promise<void> {
  for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
  client.raw(`Subject: ${subject}\r\n\r\nfirst\r\n`);
}

describe('workers', () => {
  it('are ready in one line, when all of them are', async () => {
    const gate = await openWorkers();
    expect(gate.daemon.log().filter((line) => line.event === 'ready')).toEqual([
      expect.objectContaining({ workers: WORKERS, pid: gate.daemon.pid }),
    ]);
    expect(workersOf(gate)).toHaveLength(WORKERS);
    expect(said(gate, 'died')).toEqual([]);
  });

  it.runIf(isRoot)('serve as somebody else', async () => {
    const gate = await openWorkers();
    for (const pid of workersOf(gate)) expect(status(pid).get('Uid')?.[0]).toBe(String(nobody.uid));
  });

  it('each take mail', async () => {
    const gate = await openWorkers();
    for (const pid of workersOf(gate)) {
      await leaveOnly(gate, pid);
      const client = await gate.login('starttls');
      expect((await client.deliver(user, TO, `Subject: by ${pid}\n\nx\n`)).code).toBe(250);
      client.destroy();
    }
    expect(gate.messages()).toHaveLength(WORKERS);
  });
});

describe('a worker that dies', () => {
  it('is replaced, and mail is taken again', async () => {
    const gate = await openWorkers();
    const [first = 0, second = 0] = workersOf(gate);
    await killOne(gate, first);
    expect(said(gate, 'died')).toEqual([expect.objectContaining({ worker: first, signal: 'SIGKILL', level: 'error' })]);
    const after = workersOf(gate);
    expect(after).toHaveLength(WORKERS);
    expect(after).toContain(second);
    const replacement = after.find((pid) => pid !== second) ?? 0;
    expect(said(gate, 'ready').map((line) => line['worker'])).toEqual([replacement]);
    await leaveOnly(gate, replacement);
    const client = await gate.login('implicit');
    expect((await client.deliver(user, TO, 'Subject: x\n\nx\n')).code).toBe(250);
    client.destroy();
  });

  it('takes no accepted message with it, and leaves none twice', async () => {
    const gate = await openWorkers();
    const accepted: string[] = [];
    let over = false;
    const isOver = (): boolean => over;
    const send = async (sender: number): Promise<void> => {
      for (let i = 0; !isOver(); i++) {
        const client = await gate.login().catch(() => undefined);
        for (let j = 0; client !== undefined && j < 10 && !isOver(); j++) {
          const subject = `load ${sender} ${i} ${j}`;
          const reply = await client.deliver(user, TO, `Subject: ${subject}\n\nx\n`).catch(() => undefined);
          if (reply?.code !== 250) break;
          accepted.push(subject);
        }
        client?.destroy();
      }
    };
    const senders = Array.from({ length: 6 }, (_unused, sender) => send(sender));
    for (let round = 0; round < 5; round++) {
      const target = accepted.length + 10;
      await waitFor('mail', () => accepted.length >= target);
      await killOne(gate, workersOf(gate)[round % WORKERS] ?? 0);
    }
    const target = accepted.length + 10;
    await waitFor('mail after it all', () => accepted.length >= target);
    over = true;
    await Promise.all(senders);
    const stored = gate.messages().map((message) => message.fields('Subject')[0] ?? '');
    expect(new Set(stored).size).toBe(stored.length);
    expect(accepted.filter((subject) => !stored.includes(subject))).toEqual([]);
    expect(said(gate, 'died')).toHaveLength(5);
  }, 90_000);
});

describe('what is counted', () => {
  it('blocks a login in every worker, and in those that come later', async () => {
    const gate = await openWorkers({ limits: { 'failed-logins-per-login': 3 } });
    const [one = 0, two = 0] = workersOf(gate);
    await leaveOnly(gate, one);
    for (let i = 0; i < 3; i++) expect(await attempt(gate, 'guess@example.com', 'x')).toBe(535);
    expect(await attempt(gate, 'guess@example.com', 'x')).toBe(454);
    await leaveOnly(gate, two);
    // Three refusals of its own would block as well: fewer show that it has heard of the others.
    const codes: number[] = [];
    while (codes.at(-1) !== 454) codes.push(await attempt(gate, 'guess@example.com', 'x'));
    expect(codes.length).toBeLessThan(4);
    expect(await attempt(gate, user, pass)).toBe(235);
    goOn(gate);
    await killOne(gate, one);
    const later = workersOf(gate).find((pid) => pid !== two) ?? 0;
    await leaveOnly(gate, later);
    expect(await attempt(gate, 'guess@example.com', 'x')).toBe(454);
  });

  it('holds the connections of an address together, and gives back those of a dead worker', async () => {
    const gate = await openWorkers({ limits: { 'connections-per-address': 3 } });
    const [one = 0, two = 0] = workersOf(gate);
    const greeting = async (): Promise<{ code: number; client: SmtpClient }> => {
      const client = await connectSmtp(gate.target('plain'));
      // The engine smtp-server closes without a word.
      const code = await client.reply().then(
        (reply) => reply.code,
        () => 0,
      );
      return { code, client };
    };
    const taken = async (): Promise<boolean> => {
      const { code, client } = await greeting();
      client.destroy();
      return code === 220;
    };
    await leaveOnly(gate, one);
    const held: SmtpClient[] = [];
    for (let i = 0; i < 3; i++) {
      const { code, client } = await greeting();
      expect(code).toBe(220);
      held.push(client);
    }
    expect(await taken()).toBe(false);
    await leaveOnly(gate, two);
    await waitFor('a refusal by the other worker', async () => !(await taken()));
    process.kill(one, 'SIGKILL');
    await waitFor('places to be free again', taken);
    for (const client of held) client.destroy();
  });
});

describe('a TLS session', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'is resumed on every worker, and on those that come later: %s',
    async (version) => {
      const gate = await openWorkers();
      const handshake = async (session?: Buffer): Promise<{ reused: boolean; session: Buffer }> => {
        const { port } = gate.target('implicit');
        const socket = connectTls({
          port,
          host: '127.0.0.1',
          servername: 'localhost',
          ca: gate.ca,
          minVersion: version,
          maxVersion: version,
          ...(session === undefined ? {} : { session }),
        });
        // A session that is resumed by TLS 1.2 brings no new one.
        const [next] = session === undefined ? ((await once(socket, 'session')) as [Buffer]) : [session];
        if (session !== undefined) await once(socket, 'secureConnect');
        const reused = socket.isSessionReused();
        socket.destroy();
        return { reused, session: next };
      };
      const [one = 0, two = 0] = workersOf(gate);
      await leaveOnly(gate, one);
      const first = await handshake();
      expect(first.reused).toBe(false);
      await leaveOnly(gate, two);
      expect((await handshake(first.session)).reused).toBe(true);
      goOn(gate);
      for (let i = 0; i < 20; i++) expect((await handshake(first.session)).reused).toBe(true);
      await killOne(gate, one);
      await killOne(gate, two);
      for (const pid of workersOf(gate)) {
        await leaveOnly(gate, pid);
        expect((await handshake(first.session)).reused).toBe(true);
      }
    },
  );
});

/** A client of each worker, logged in. */
async function clientOfEach(gate: Gate): Promise<SmtpClient[]> {
  const clients: SmtpClient[] = [];
  for (const pid of workersOf(gate)) {
    await leaveOnly(gate, pid);
    clients.push(await gate.login());
  }
  goOn(gate);
  return clients;
}

describe('an end', () => {
  it('lets messages in flight finish', async () => {
    const queue = fakeQmailQueue({ pause: 1 });
    const gate = await openWorkers({ queue: `use = "qmail-queue"\nprogram = ${quote(queue.path)}` });
    const workers = workersOf(gate);
    const clients = await clientOfEach(gate);
    const deliveries = clients.map((client) => client.deliver(user, TO, 'Subject: in flight\n\nx\n'));
    await waitFor('the queue programs', () => queue.runs().length === WORKERS);
    gate.daemon.signal('SIGTERM');
    for (const delivery of deliveries) expect((await delivery).code).toBe(250);
    expect(await gate.daemon.ended).toMatchObject({ code: 0, signal: null });
    expect(queue.queued()).toHaveLength(WORKERS);
    expect(workers.filter(isRunning)).toEqual([]);
    expect(gate.daemon.log().filter((line) => line.event === 'stopped')).toHaveLength(1);
    expect(said(gate, 'died')).toEqual([]);
    for (const client of clients) client.destroy();
    queue.remove();
  });

  it('comes at once with a second signal', async () => {
    const gate = await openWorkers({ timeouts: { shutdown: '20m' } });
    const workers = workersOf(gate);
    const clients = await clientOfEach(gate);
    for (const client of clients) await startMessage(client, 'never finished');
    gate.daemon.signal('SIGTERM');
    await gate.daemon.logged('stopping');
    await pause(200);
    expect(workers.filter(isRunning)).toEqual(workers);
    gate.daemon.signal('SIGTERM');
    expect(await gate.daemon.ended).toMatchObject({ code: 0, signal: null });
    expect(workers.filter(isRunning)).toEqual([]);
    expect(gate.messages()).toEqual([]);
    for (const client of clients) client.destroy();
  });

  it('that was meant for the whole process group is one signal to each, and still orderly', async () => {
    const gate = await openWorkers();
    const [client] = await clientOfEach(gate);
    if (client === undefined) throw new Error('no client');
    await startMessage(client, 'for all');
    for (const pid of [gate.daemon.pid, ...workersOf(gate)]) process.kill(pid, 'SIGTERM');
    await gate.daemon.logged('stopping');
    client.raw('second\r\n.\r\n');
    expect((await client.reply()).code).toBe(250);
    expect(await gate.daemon.ended).toMatchObject({ code: 0 });
    expect(gate.messages().map((message) => message.body)).toEqual(['first\nsecond\n']);
    client.destroy();
  });

  it.each([
    ['an orderly end', 'SIGTERM', 0],
    ['the sudden death of the primary', 'SIGKILL', 137],
  ] as const)('leaves nothing behind, and finishes what is in flight: %s', async (_name, signal, code) => {
    const held = await openHeld();
    const workers = children(held.pid).map(({ pid }) => pid);
    expect(workers).toHaveLength(WORKERS);
    const client = await connectSmtp({ port: held.port });
    await client.reply();
    await client.ehlo();
    await client.login(user, pass);
    await startMessage(client, 'the last one');
    process.kill(held.pid, signal);
    await pause(300);
    client.raw('second\r\n.\r\n');
    expect((await client.reply()).code).toBe(250);
    await held.program.line(new RegExp(`^ended ${code}$`), { stream: 'stdout' });
    await waitFor('the end of the workers', () => !workers.some(isRunning));
    expect(readMaildir(held.dir.file('Maildir')).map((message) => message.body)).toEqual(['first\nsecond\n']);
    client.destroy();
    await held.program.stop();
    held.dir.remove();
  });
});

/** A daemon below a shell that outlives it: what it leaves behind is then seen, and not cleared away by the tests. */
async function openHeld() {
  const dir = tempDir('postern-held-');
  const config = dir.write('posternd.toml', await writeConfig(dir, { top: `workers = ${WORKERS}` }));
  const program = await startProgram('/bin/sh', {
    args: [
      '-c',
      '"$@" & echo "pid $!"; wait "$!"; echo "ended $?"; read -r hold',
      'sh',
      ...[process.execPath, posterndPath, 'serve', '--config', config],
    ],
    keepInput: true,
  });
  const pid = Number((await program.line(/^pid \d+$/, { stream: 'stdout' })).slice(4));
  const ready = JSON.parse(await program.line(/"event":"ready"/)) as { addresses: { port: number }[] };
  return { dir, program, pid, port: ready.addresses.at(-1)?.port ?? 0 };
}

describe('SIGHUP', () => {
  const reloads = (gate: Gate, outcome: string): unknown[] =>
    gate.daemon
      .log()
      .filter((line) => line.event === 'reload' && line['outcome'] === outcome)
      .map((line) => line['worker']);

  it('reloads every worker, and those that come later', async () => {
    const gate = await openWorkers();
    const text = readFileSync(gate.dir.file('posternd.toml'), 'utf8');
    giveAway(gate.dir.write('others', 'carol@example.com:tenniel\n', 0o600));
    gate.dir.write('posternd.toml', text.replace(quote(gate.dir.file('users')), quote(gate.dir.file('others'))));
    gate.daemon.signal('SIGHUP');
    const workers = workersOf(gate);
    await waitFor('both reloads', () => reloads(gate, 'done').length === WORKERS);
    expect([...reloads(gate, 'done')].sort()).toEqual([...workers].sort());
    await killOne(gate, workers[0] ?? 0);
    for (const pid of workersOf(gate)) {
      await leaveOnly(gate, pid);
      expect(await attempt(gate, 'carol@example.com', 'tenniel')).toBe(235);
      expect(await attempt(gate, user, pass)).toBe(535);
    }
  });

  it('changes nothing anywhere if the configuration is wrong', async () => {
    const gate = await openWorkers();
    gate.dir.write('posternd.toml', 'wrong = true\n');
    gate.daemon.signal('SIGHUP');
    await waitFor('both refusals', () => reloads(gate, 'failed').length === WORKERS);
    for (const pid of workersOf(gate)) {
      await leaveOnly(gate, pid);
      expect(await attempt(gate, user, pass)).toBe(235);
    }
  });
});

describe('a start that cannot be', () => {
  const serve = async (change: (text: string) => string): Promise<{ code: number | null; stderr: string }> => {
    const dir = tempDir();
    const text = change(await writeConfig(dir, { top: `workers = ${WORKERS}` }));
    dir.write('anybody.mjs', ANYBODY);
    const result = await runPosternd(['serve', '--config', dir.write('posternd.toml', text)]);
    dir.remove();
    return result;
  };

  it.each([
    ['a wrong key', (text: string) => text.replace('[limits]', '[limits]\nnonsense = 1'), /limits\.nonsense/],
    ['a key pair that is not there', (text: string) => text.replace('cert.pem', 'none.pem'), /tls\.cert/],
    ['an open relay', (text: string) => text.replace(/use = "file"\npath = .*/, 'use = "./anybody.mjs"'), /anybody/],
  ])('is one line and exit 2: %s', async (_name, change, line) => {
    const { code, stderr } = await serve(change);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
    expect(code).toBe(2);
  });

  it('is one line and exit 1 for a port in use', async () => {
    const other = await openWorkers();
    const port = other.daemon.port(0);
    const { code, stderr } = await serve((text) => text.replace('port = 0', `port = ${port}`));
    expect(stderr).toBe(`posternd: cannot listen on 127.0.0.1:${port}: the port is in use (ss -ltnp shows by whom)\n`);
    expect(code).toBe(1);
  });
});
