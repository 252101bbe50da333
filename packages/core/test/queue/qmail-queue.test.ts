import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { fakeProgram, fakeQmailQueue, tempDir, waitFor } from '@postern/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { ClientGone } from '../../src/base/message-fault.js';
import { OptionError } from '../../src/base/options.js';
import { queueContext, queueContract } from '../../src/contract/index.js';
import type { QueueUnderTest } from '../../src/contract/index.js';
import type { QueueResult } from '../../src/ports/queue.js';
import { exitMeaning } from '../../src/queue/exit-code.js';
import { qmailQueue } from '../../src/queue/qmail-queue.js';
import { envelope, message } from './queue-helpers.js';

// vitest types its matchers as `any`.
const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const SHORT = 'Subject: x\n\nx\n';
const LONG = 'x'.repeat(300_000);

const qmail = tempDir().path;

const submit = (
  program: string,
  text: string = SHORT,
  options: Parameters<typeof qmailQueue>[0] = {},
): Promise<QueueResult> => qmailQueue({ program, qmail, ...options }).submit(envelope(), message(text), queueContext());

describe('qmail-queue keeps the contract of queues', () => {
  const create = (): QueueUnderTest => {
    const fake = fakeQmailQueue();
    return {
      queue: qmailQueue({ program: fake.path, qmail }),
      stored: () =>
        fake.queued().map((run) => ({ message: run.message, sender: run.sender ?? '', recipients: run.recipients })),
      dispose: () => fake.remove(),
    };
  };
  queueContract(it, { create });
});

describe('every exit code there is', () => {
  // The code is the size of the message: one program for all of them.
  const program = fakeProgram('cat <&1 >/dev/null; exit $(wc -c)\n');
  afterAll(() => program.remove());

  for (let from = 0; from < 256; from += 32) {
    it(`${from} to ${from + 31}`, async () => {
      for (let code = from; code < from + 32; code++) {
        const result = await submit(program.path, 'x'.repeat(code));
        const expected = exitMeaning(code);
        expect(result.outcome, `exit ${code}`).toBe(
          code === 0 ? 'queued' : (code >= 11 && code <= 40) || code === 115 ? 'refused' : 'deferred',
        );
        expect(result.outcome).toBe(expected.outcome);
        if (result.outcome === 'queued') continue;
        expect(result.status).toEqual(expected.status);
        expect(result.text).toBeUndefined();
        expect(result.cause).toContain(`exit ${code}`);
      }
    });
  }

  it.each([
    [11, 'refused', [1, 3]],
    [115, 'refused', [1, 3]],
    [31, 'refused', [3, 0]],
    [12, 'refused', [3, 0]],
    [40, 'refused', [3, 0]],
    [41, 'deferred', [3, 0]],
    [53, 'deferred', [3, 0]],
    [72, 'deferred', [4, 1]],
    [73, 'deferred', [4, 1]],
    [74, 'deferred', [4, 2]],
    [91, 'deferred', [3, 0]],
    [120, 'deferred', [3, 0]],
    [255, 'deferred', [3, 0]],
  ] as const)('%i is %s %j', (code, outcome, status) => {
    expect(exitMeaning(code)).toMatchObject({ outcome, status });
  });
});

describe('every way to end without an exit code', () => {
  it.each([
    'HUP',
    'INT',
    'QUIT',
    'ILL',
    'ABRT',
    'BUS',
    'FPE',
    'KILL',
    'USR1',
    'SEGV',
    'USR2',
    'PIPE',
    'ALRM',
    'TERM',
    'XCPU',
    'XFSZ',
    'SYS',
  ])('SIG%s: deferred', async (signal) => {
    const fake = fakeQmailQueue({ signal });
    const result = await submit(fake.path);
    expect(result).toMatchObject({ outcome: 'deferred', cause: matching(/: ended by SIG[A-Z0-9]+$/) });
    expect(result).not.toHaveProperty('text');
    fake.remove();
  });

  it('a program that is not there: deferred', async () => {
    expect(await submit(`${qmail}/none`)).toMatchObject({
      outcome: 'deferred',
      cause: containing('ENOENT'),
    });
    expect(await submit(`${qmail}/none`, LONG)).toMatchObject({
      outcome: 'deferred',
      cause: containing('ENOENT'),
    });
  });

  it('a program that may not be executed: deferred', async () => {
    const dir = tempDir();
    const file = dir.write('qmail-queue', '#!/bin/sh\nexit 0\n', 0o644);
    expect(await submit(file)).toMatchObject({ outcome: 'deferred', cause: containing('EACCES') });
  });

  it.each([SHORT, LONG])('the deadline: deferred, and the program is gone (%#)', async (text) => {
    const fake = fakeQmailQueue({ hang: 'yes' });
    expect(await submit(fake.path, text, { deadline: 300 })).toEqual({
      outcome: 'deferred',
      cause: `${fake.path}: killed after its deadline`,
    });
    expect(existsSync(`/proc/${fake.runs()[0]!.pid}`)).toBe(false);
    fake.remove();
  });
});

describe('what the program does with the message', () => {
  it('exit 0 after an early end is not queued: it cannot have read everything', async () => {
    const fake = fakeQmailQueue({ read: 'some' });
    const result = await submit(fake.path, LONG.repeat(4));
    expect(result).toMatchObject({ outcome: 'deferred', cause: containing('exit 0 without having read') });
    fake.remove();
  });

  it.each(['some', 'none'] as const)(
    'exits 53 in the middle of the message (reads %s): the exit code counts',
    async (read) => {
      const fake = fakeQmailQueue({ read, exit: 53 });
      expect(await submit(fake.path, LONG.repeat(4))).toMatchObject({
        outcome: 'deferred',
        cause: containing('write error'),
      });
      fake.remove();
    },
  );

  it('exits early while the client is slow: the rest of the message is not read', async () => {
    const fake = fakeQmailQueue({ read: 'none', exit: 31 });
    let given = 0;
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (; given < 1000; given++) {
        yield Buffer.alloc(65_536);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    const result = await qmailQueue({ program: fake.path, qmail }).submit(envelope(), slow(), queueContext());
    expect(result.outcome).toBe('refused');
    expect(given).toBeLessThan(1000);
    fake.remove();
  });

  it('a slow reader slows the source down: nothing is piled up', async () => {
    const fake = fakeQmailQueue({ pause: 0.5 });
    let given = 0;
    let whileItPaused = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; given < 200; given++) yield Buffer.alloc(65_536, 'x');
    }
    setTimeout(() => (whileItPaused = given), 300);
    const result = await qmailQueue({ program: fake.path, qmail }).submit(envelope(), source(), queueContext());
    expect(result.outcome).toBe('queued');
    expect(fake.queued()[0]?.message).toHaveLength(200 * 65_536);
    // 64 KiB were read and a pipe holds as much again.
    expect(whileItPaused).toBeLessThan(10);
    fake.remove();
  });

  it('a grandchild that holds the pipes does not hold us', async () => {
    const fake = fakeQmailQueue({ grandchild: 20 });
    expect((await submit(fake.path, LONG)).outcome).toBe('queued');
    fake.remove();
  });

  it('true pipes: a wrapper may open /dev/stdin and /dev/fd/1 again', async () => {
    const fake = fakeQmailQueue({ reopen: true });
    for (const text of [SHORT, LONG]) expect((await submit(fake.path, text)).outcome).toBe('queued');
    expect(fake.queued().map((run) => run.message.toString())).toEqual([SHORT, LONG]);
    fake.remove();
  });
});

describe('taking a message back', () => {
  it('descriptor 1 is empty until the whole message is in', async () => {
    // Reads the envelope first, as no qmail-queue does: were it there early, this would see it.
    const dir = tempDir();
    const program = fakeProgram(`timeout 1 cat <&1 >"${dir.path}/early"; cat >/dev/null; exit 0\n`);
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(65_536, 'x');
      yield Buffer.alloc(10, 'x');
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    await qmailQueue({ program: program.path, qmail }).submit(envelope(), source(), queueContext());
    expect(readFileSync(dir.file('early')).length).toBe(0);
  });

  it('a program that has begun sees an empty envelope, and may clean up before it goes', async () => {
    const fake = fakeQmailQueue();
    async function* broken(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 5; i++) yield Buffer.alloc(65_536, 'x');
      await waitFor('the start', () => fake.runs().length === 1);
      throw new ClientGone();
    }
    await expect(
      qmailQueue({ program: fake.path, qmail }).submit(envelope(), broken(), queueContext()),
    ).rejects.toThrow(ClientGone);
    const [run] = fake.runs();
    expect(run?.envelope).toHaveLength(0);
    // The last block waits for more to come.
    expect(run?.message).toHaveLength(4 * 65_536);
    expect(run?.queued).toBe(false);
    fake.remove();
  });

  it('one that ignores everything is killed', async () => {
    const fake = fakeQmailQueue({ hang: 'ignore-term' });
    async function* broken(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 5; i++) yield Buffer.alloc(65_536, 'x');
      throw new ClientGone();
    }
    await expect(
      qmailQueue({ program: fake.path, qmail }).submit(envelope(), broken(), queueContext()),
    ).rejects.toThrow(ClientGone);
    expect(fake.runs().map(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([false]);
    fake.remove();
  });

  it.each([SHORT, LONG])(
    'the server ends after the envelope was written: what the program says counts (%#)',
    async (text) => {
      const fake = fakeQmailQueue({ hang: 'yes' });
      const controller = new AbortController();
      const answer = qmailQueue({ program: fake.path, qmail }).submit(
        envelope(),
        message(text),
        queueContext(controller.signal),
      );
      await waitFor('the envelope', () => (fake.runs()[0]?.envelope.length ?? 0) > 0);
      controller.abort();
      expect(await answer).toMatchObject({ outcome: 'deferred', cause: containing('SIGTERM') });
      fake.remove();
    },
  );

  it('a small message that breaks off costs no process', async () => {
    const fake = fakeQmailQueue();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('Subject: x\n');
      throw new ClientGone();
    }
    await expect(
      qmailQueue({ program: fake.path, qmail }).submit(envelope(), broken(), queueContext()),
    ).rejects.toThrow(ClientGone);
    expect(fake.runs()).toEqual([]);
    fake.remove();
  });
});

describe('custom error text', () => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
  it.each([
    [
      'notqmail: 82 on 6, permanent',
      82,
      6,
      'Dspam is not welcome (#5.7.1)',
      { outcome: 'refused', text: 'spam is not welcome (#5.7.1)', status: [7, 1] },
    ],
    ['notqmail: 82 on 6, temporary', 82, 6, 'Ztry later', { outcome: 'deferred', text: 'try later', status: [3, 0] }],
    [
      'simscan: 82 on 4',
      82,
      4,
      'DYour email is considered spam',
      { outcome: 'refused', text: 'Your email is considered spam' },
    ],
    [
      'the Curti patch: 88 on 4',
      88,
      4,
      'Z4.7.1 greylisted',
      { outcome: 'deferred', text: 'greylisted', status: [7, 1] },
    ],
    ['indimail: 88 on 2', 88, 2, 'Dno', { outcome: 'refused', text: 'no' }],
    ['82 does not speak on 2', 82, 2, 'Dno', { outcome: 'deferred' }],
    ['a status of the other class is dropped', 82, 6, 'D4.7.1 no', { outcome: 'refused', text: 'no', status: [3, 0] }],
    [
      'line ends and control bytes',
      82,
      4,
      'Dno\r\n250 2.0.0 ok\x00\x1b[2J',
      { outcome: 'refused', text: 'no 250 2.0.0 ok [2J' },
    ],
    ['octets outside ASCII', 82, 4, 'Dn\xc3\xb3', { outcome: 'refused', text: 'n??' }],
    ['no letter', 82, 4, 'something is wrong', { outcome: 'deferred' }],
    ['nothing', 82, 4, '', { outcome: 'deferred' }],
    ['a letter alone', 82, 4, 'D', { outcome: 'refused', text: 'Message not accepted' }],
    ['other codes have no text', 31, 4, 'Dno', { outcome: 'refused', status: [3, 0] }],
  ] as const)('%s', async (_name, exit, fd, text, expected) => {
    const fake = fakeQmailQueue({ exit, error: { fd, text: bytes(text) } });
    const result = await submit(fake.path);
    expect(result).toMatchObject(expected);
    expect('text' in result).toBe('text' in expected);
    fake.remove();
  });

  it('a flood is cut at 1 KiB', async () => {
    const program = fakeProgram(
      'cat >/dev/null; cat <&1 >/dev/null; { printf D; head -c 300000 /dev/zero | tr "\\0" x; } >&4; exit 82\n',
    );
    const result = await submit(program.path);
    expect(result.outcome).toBe('refused');
    expect(result).toMatchObject({ text: 'x'.repeat(1023) });
    program.remove();
  });

  it('mailfront: QQERRMSG_<code>', async () => {
    const fake = fakeQmailQueue({ exit: 53 });
    const env = { QQERRMSG_53: '4.3.1 Disk full, come back later', QQERRMSG_31: 'never' };
    expect(await submit(fake.path, SHORT, { env })).toMatchObject({
      outcome: 'deferred',
      status: [3, 1],
      text: 'Disk full, come back later',
    });
    fake.remove();
  });

  it('standard error is for the log', async () => {
    const fake = fakeQmailQueue({ exit: 55, error: { fd: 2, text: 'cannot read control/me\n' } });
    const result = await submit(fake.path);
    expect(result).toMatchObject({
      outcome: 'deferred',
      cause: `${fake.path}: exit 55: unable to read a configuration file: cannot read control/me`,
    });
    expect(result).not.toHaveProperty('text');
    fake.remove();
  });
});

describe('how the program is run', () => {
  const spy = (): { path: string; seen: (what: string) => string } => {
    const dir = tempDir();
    const program = fakeProgram(
      `cat /proc/$$/environ | tr '\\0' '\\n' | sort >"${dir.path}/env"; tr '\\0' '\\n' </proc/$$/cmdline >"${dir.path}/cmdline"\n` +
        `pwd >"${dir.path}/cwd"; ls /proc/$$/fd >"${dir.path}/fds"; cat >/dev/null; cat <&1 >/dev/null\n`,
    );
    return { path: program.path, seen: (what) => readFileSync(dir.file(what), 'utf8') };
  };

  it('a clean environment, with what tcpserver would have set', async () => {
    const { path, seen } = spy();
    expect((await submit(path, SHORT, { env: { EXTRA: 'yes' } })).outcome).toBe('queued');
    const variables = seen('env')
      .trim()
      .split('\n')
      .filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
    expect(variables).toEqual([
      'EXTRA=yes',
      'PATH=/usr/local/bin:/usr/bin:/bin',
      'PROTO=TCP',
      'RELAYCLIENT=',
      'TCPLOCALIP=192.0.2.2',
      'TCPLOCALPORT=587',
      'TCPREMOTEIP=192.0.2.1',
      'TCPREMOTEPORT=40000',
    ]);
  });

  it('nothing about the session if so wished', async () => {
    const { path, seen } = spy();
    await submit(path, SHORT, { sessionVariables: false });
    expect(seen('env')).not.toMatch(/TCP|RELAYCLIENT/);
  });

  it('in the directory of qmail, with no arguments and no other descriptors', async () => {
    const { path, seen } = spy();
    await submit(path);
    expect(seen('cwd').trim()).toBe(realpathSync(qmail));
    // The interpreter and its script, and what sh itself opens at 10 or above.
    expect(seen('cmdline').trim().split('\n')).toEqual(['/bin/sh', path]);
    expect(
      seen('fds')
        .split('\n')
        .filter((fd) => fd !== '' && Number(fd) < 10),
    ).toEqual(['0', '1', '2', '4', '6']);
  });

  it('where it is: the option, else QMAILQUEUE in env, else below qmail', async () => {
    const fake = fakeQmailQueue();
    const other = fakeQmailQueue();
    const run = (options: Parameters<typeof qmailQueue>[0]): Promise<QueueResult> =>
      qmailQueue({ qmail, ...options }).submit(envelope(), message(SHORT), queueContext());
    await run({ env: { QMAILQUEUE: fake.path } });
    expect(fake.queued()).toHaveLength(1);
    await run({ program: other.path, env: { QMAILQUEUE: fake.path } });
    expect(other.queued()).toHaveLength(1);
    expect(await run({})).toMatchObject({
      outcome: 'deferred',
      cause: containing(`${qmail}/bin/qmail-queue`),
    });
  });

  it('a qmail directory that is not there does not keep it from running', async () => {
    const fake = fakeQmailQueue();
    expect((await submit(fake.path, SHORT, { qmail: '/nonexistent/qmail' })).outcome).toBe('queued');
    fake.remove();
  });

  it('the id is the time and the process: "<unixtime> qp <pid>"', async () => {
    const fake = fakeQmailQueue();
    const queue = qmailQueue({ program: fake.path, qmail }, { clock: { now: () => 1_700_000_000_999 } });
    const result = await queue.submit(envelope(), message(SHORT), queueContext());
    expect(result).toEqual({ outcome: 'queued', id: `1700000000 qp ${fake.runs()[0]!.pid}` });
    fake.remove();
  });

  it('carries 8bit, and smtputf8 only if told so', () => {
    expect([...qmailQueue({ qmail }).carries]).toEqual(['8bit']);
    expect([...qmailQueue({ qmail, smtputf8: true }).carries]).toEqual(['8bit', 'smtputf8']);
  });

  it.each([
    [{ programme: 'x' }, 'qmail-queue: programme: found an unknown key'],
    [{ program: '' }, 'qmail-queue: program: found ""'],
    [{ program: ['x'] }, 'qmail-queue: program: found ["x"]; allowed: a string'],
    [{ deadline: 0 }, 'qmail-queue: deadline: found 0; allowed: 1 or more'],
    [{ env: { A: 1 } }, 'qmail-queue: env.A: found 1; allowed: a string'],
  ])('wrong options are one line: %j', (options, line) => {
    expect(() => qmailQueue(options as never)).toThrow(OptionError);
    expect(() => qmailQueue(options as never)).toThrow(line);
  });
});

describe('no descriptors are left behind', () => {
  it('after a hundred messages of every kind', async () => {
    const { readdirSync } = await import('node:fs');
    const open = (): number => readdirSync('/proc/self/fd').length;
    const good = fakeQmailQueue();
    const bad = fakeQmailQueue({ read: 'none', exit: 53 });
    await submit(good.path, LONG);
    const before = open();
    for (let i = 0; i < 25; i++) {
      await submit(good.path);
      await submit(good.path, LONG);
      await submit(bad.path, LONG);
      await submit(`${qmail}/none`, LONG);
    }
    await waitFor('the closing', () => open() <= before);
    expect(open()).toBeLessThanOrEqual(before);
  });
});
