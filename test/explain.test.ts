/** `posternd explain`: what would become of a message, field by field and why; the envelope to the octet; nothing sent. */
import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { compileNameSource } from '@postern/core';
import { runPosternd, tempDir } from '@postern/testkit';
import { quote } from './support/gate.js';

const dir = tempDir('postern-explain-');
afterAll(() => dir.remove());

const base = `hostname = "mail.example.com"
qmail = ${quote(dir.file('no-qmail'))}

[[listen]]
port = 0
tls = "none"
require-tls = false

[[auth.verifier]]
use = "file"
path = ${quote(dir.file('users'))}

[queue]
use = "maildir"
path = ${quote(dir.file('Maildir'))}

[message]
`;

async function explain(
  message: string,
  settings = '',
  options: readonly string[] = ['--from', 'alice', '--to', 'bob'],
) {
  const config = dir.write('posternd.toml', `${base}${settings}\n`);
  return runPosternd(['explain', '--config', config, ...options], { input: message });
}

const UNFINISHED = 'To: bob\nBcc: carol@example.net\nSubject: hello\n\nHello\n';

describe('an unfinished message', () => {
  it('is explained field by field, with the rule that did it', async () => {
    const { code, stdout, stderr } = await explain(UNFINISHED, 'default-host = "here"\ndefault-domain = "example.com"');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    // The date is the one thing that nobody can know before.
    const parts = stdout
      .replace(/Date: .*/, 'Date: D')
      .replace(/<\d+\./, '<T.')
      .split('\n');
    expect(parts).toEqual([
      'Envelope',
      '  sender    <alice> -> <alice@here.example.com>   (host =:here, host ?:.example.com)',
      '  recipient <bob> -> <bob@here.example.com>   (host =:here, host ?:.example.com)',
      String.raw`  octets    "Falice@here.example.com\u0000Tbob@here.example.com\u0000\u0000"`,
      '',
      'Header',
      expect.stringMatching(/^ {2}changed To {3}\(.*=:here.*\)$/),
      '    - To: bob',
      '    + To: bob@here.example.com',
      '  dropped Bcc   (not-for-others)',
      '    - Bcc: carol@example.net',
      '  added Date   (date-missing)',
      '    + Date: D',
      '  added Message-ID   (message-id-missing)',
      '    + Message-ID: <T.explain@mail.example.com>',
      expect.stringMatching(/^ {2}added From {3}\(.+\)$/),
      '    + From: alice@here.example.com',
      '',
      'The sender policy is asked for alice@here.example.com',
      '',
      expect.stringMatching(/^The queue would read \d+ octets\.$/),
      '',
    ]);
  });

  it('takes the line ends of a client as well, and no recipient and no sender', async () => {
    const unix = await explain(UNFINISHED, '', ['--from', '<>']);
    const wire = await explain(UNFINISHED.replaceAll('\n', '\r\n'), '', ['--from', '<>']);
    const undated = (text: string): string => text.replace(/Date: .*/, '').replace(/<\d+\./, '');
    expect(undated(wire.stdout)).toBe(undated(unix.stdout));
    expect(unix.stdout).toContain(String.raw`octets    "F\u0000\u0000"`);
    expect([unix.code, wire.code]).toEqual([0, 0]);
  });

  it('is sent nowhere', async () => {
    await explain(UNFINISHED);
    expect(existsSync(dir.file('Maildir'))).toBe(false);
  });
});

describe('a complete message', () => {
  it('changes in nothing but Received', async () => {
    const { code, stdout } = await explain(
      'Date: Sat, 21 Nov 2026 10:00:00 +0000\nFrom: a@example.com\nTo: b@example.net\nMessage-ID: <1@example.com>\n\nx\n',
      '',
      ['--from', 'a@example.com', '--to', 'b@example.net'],
    );
    expect(stdout).toContain('\nHeader\n  nothing changes but for Received on top\n');
    expect(code).toBe(0);
  });
});

describe('names', () => {
  const SOURCE = 'alice@mail.example.com:Alice Liddell:alice.liddell@example.com:\n';
  const map =
    'names = { "alice@mail.example.com" = { name = "Alice Liddell", address = "alice.liddell@example.com" } }';
  dir.write('names', SOURCE);
  dir.write('name.cdb', compileNameSource(Buffer.from(SOURCE)));

  it.each([
    ['a map', map],
    ['a name.cdb', 'name-file = "name.cdb"'],
    ['its source', 'name-file = "names"'],
  ])('come from %s', async (_name, settings) => {
    const { code, stdout } = await explain(UNFINISHED, settings);
    expect(stdout).toContain(
      '  sender    <alice> -> <alice.liddell@example.com>   (host =:mail.example.com, name-table)\n',
    );
    expect(stdout).toContain(String.raw`octets    "Falice.liddell@example.com\u0000Tbob@mail.example.com\u0000\u0000"`);
    expect(stdout).toMatch(
      / {2}added From {3}\(name-table\)\n {4}\+ From: "?Alice Liddell"? <alice.liddell@example.com>\n/,
    );
    expect(code).toBe(0);
  });

  it('from a file that is not there are one line and exit 2', async () => {
    const { code, stdout, stderr } = await explain(UNFINISHED, 'name-file = "missing.cdb"');
    expect(stderr).toMatch(/^posternd: .*: message\.name-file: found .*missing\.cdb.*; allowed: .*\n$/);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('what would not be taken', () => {
  it.each([
    ['a loop', 'Received: a\nReceived: b\n\nx\n', 'hop-limit = 2', /^Not taken: 554 5\.4\.6 /m],
    ['a header without end', `X: ${'x'.repeat(5000)}\n\nx\n`, 'header-limit = 1024', /^Not taken: 552 5\.3\.4 /m],
  ])('is said, with exit 1: %s', async (_name, message, settings, line) => {
    const { code, stdout } = await explain(message, settings);
    expect(stdout).toMatch(line);
    expect(stdout).not.toContain('would read');
    expect(code).toBe(1);
  });

  it.each([
    ['an address that is none', '', ['--to', 'a b'], /"a b" is no address/],
    ['a configuration that is wrong', 'nonsense = 1', [], /message\.nonsense/],
  ])('because %s is one line and exit 2', async (_name, settings, options, line) => {
    const { code, stdout, stderr } = await explain('x\n', settings, options);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
