import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fakeCheckpassword, fakeProgram, fakeQmailQueue, tempDir } from '../src/index.js';

/** Runs a program with files as its descriptors; `fds[n]` is the input on descriptor n, `null` collects output. */
async function run(path: string, args: string[], fds: readonly (string | null)[]) {
  const dir = tempDir();
  const files = fds.map((content, fd) => {
    const file = dir.file(`fd${fd}`);
    writeFileSync(file, content ?? '');
    return openSync(file, content === null ? 'w' : 'r');
  });
  const child = spawn(path, args, { stdio: files, env: { PATH: process.env['PATH'] } });
  const result = await new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  files.forEach(closeSync);
  return { ...result, out: fds.map((_content, fd) => readFileSync(dir.file(`fd${fd}`), 'latin1')) };
}

const ENVELOPE = 'Fa@example.com\0Tb@example.com\0Tc@example.com\0\0';

describe('the fake qmail-queue', () => {
  it('keeps message and envelope', async () => {
    const fake = fakeQmailQueue();
    expect(await run(fake.path, [], ['Subject: x\n\nbody\n', ENVELOPE, null])).toMatchObject({ code: 0 });
    const [only] = fake.queued();
    expect(only?.message.toString()).toBe('Subject: x\n\nbody\n');
    expect(only).toMatchObject({
      sender: 'a@example.com',
      recipients: ['b@example.com', 'c@example.com'],
      queued: true,
    });
  });

  it('queues nothing without a whole envelope', async () => {
    const fake = fakeQmailQueue();
    expect((await run(fake.path, [], ['x\n', '', null])).code).toBe(54);
    await run(fake.path, [], ['x\n', 'Fa@example.com\0Tb', null]);
    expect(fake.runs()).toHaveLength(2);
    expect(fake.queued()).toEqual([]);
  });

  it('exits, is killed, and says why, as it is told', async () => {
    const fake = fakeQmailQueue({ exit: 31 });
    expect((await run(fake.path, [], ['x\n', ENVELOPE, null])).code).toBe(31);
    fake.behave({ signal: 'SEGV' });
    expect((await run(fake.path, [], ['x\n', ENVELOPE, null])).signal).toBe('SIGSEGV');
    fake.behave({ exit: 82, error: { fd: 4, text: "Dit's \0full\n" } });
    const said = await run(fake.path, [], ['x\n', ENVELOPE, null, null, null]);
    expect([said.code, said.out[4]]).toEqual([82, "Dit's \0full\n"]);
    expect(fake.queued()).toEqual([]);
  });

  it('reads as much as it is told', async () => {
    const fake = fakeQmailQueue({ read: 'none' });
    expect((await run(fake.path, [], ['x'.repeat(500), ENVELOPE, null])).code).toBe(0);
    fake.behave({ read: 'some', exit: 53 });
    expect((await run(fake.path, [], ['x'.repeat(500), ENVELOPE, null])).code).toBe(53);
    fake.behave({ reopen: true, pause: 0.05 });
    expect((await run(fake.path, [], ['x'.repeat(100_000), ENVELOPE, null])).code).toBe(0);
    expect(fake.runs().map((one) => one.message.length)).toEqual([0, 100, 100_000]);
    expect(fake.queued()).toHaveLength(1);
  });

  it('leaves a grandchild that holds its descriptors', async () => {
    const fake = fakeQmailQueue({ grandchild: 1 });
    expect((await run(fake.path, [], ['x\n', ENVELOPE, null])).code).toBe(0);
    expect(fake.queued()).toHaveLength(1);
  });
});

describe('the fake checkpassword', () => {
  const users = { 'alice@example.com': "it's pass word ", bob: 'builder' };
  const ask = (path: string, request: string, next = ['/usr/bin/env', '-0']) =>
    run(path, next, ['', null, null, request]);

  it('accepts and rejects', async () => {
    const fake = fakeCheckpassword({ users, environment: { EXTRA: 'a b' } });
    const accepted = await ask(fake.path, "alice@example.com\0it's pass word \0x\0");
    expect(accepted.code).toBe(0);
    expect(accepted.out[1]?.split('\0')).toEqual(
      expect.arrayContaining(['USER=alice@example.com', 'HOME=/', 'EXTRA=a b']),
    );
    expect((await ask(fake.path, 'bob\0wrong\0x\0')).code).toBe(1);
    expect((await ask(fake.path, 'carol\0builder\0x\0')).code).toBe(1);
    expect((await ask(fake.path, '\0\0\0')).code).toBe(1);
    expect((await ask(fake.path, 'bob\0builder\0x\0', [])).code).toBe(2);
    expect(fake.runs()[1]?.request.toString()).toBe('bob\0wrong\0x\0');
    expect(fake.runs()[1]?.arguments).toEqual(['/usr/bin/env', '-0']);
  });

  it('exits as it is told, floods, and is killed', async () => {
    const fake = fakeCheckpassword({ exit: 111, stderr: 'no database\n', flood: 5000 });
    const said = await ask(fake.path, 'bob\0builder\0x\0');
    expect([said.code, said.out[1]?.length]).toEqual([111, 5000]);
    expect(said.out[2]).toContain('no database');
    fake.behave({ signal: 9, read: 'none' });
    expect((await ask(fake.path, 'bob\0builder\0x\0')).signal).toBe('SIGKILL');
  });

  it('checks CRAM-MD5 in both field orders', async () => {
    const challenge = '<1.2@host>';
    const digest = createHmac('md5', 'builder').update(challenge).digest('hex');
    const fake = fakeCheckpassword({ users, cram: 'challenge-response' });
    expect((await ask(fake.path, `bob\0${challenge}\0${digest}\0`)).code).toBe(0);
    expect((await ask(fake.path, `bob\0${digest}\0${challenge}\0`)).code).toBe(1);
    expect((await ask(fake.path, 'bob\0builder\0\0')).code).toBe(0);
    fake.behave({ users, cram: 'response-challenge' });
    expect((await ask(fake.path, `bob\0${digest}\0${challenge}\0`)).code).toBe(0);
  });
});

it('writes programs for node as well, and replaces them', async () => {
  const program = fakeProgram('process.exit(7)', 'node');
  expect((await run(program.path, [], ['', null, null])).code).toBe(7);
  program.replace('process.exit(8)');
  expect((await run(program.path, [], ['', null, null])).code).toBe(8);
});
