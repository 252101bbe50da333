/** SMTP smuggling (CVE-2023-51764 and its kin): only CR LF . CR LF ends the data, however it is cut into segments. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGate, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

/** Every published "end of data" that some server takes for one. */
const SEQUENCES: readonly (readonly [string, string])[] = [
  ['LF . LF', '\n.\n'],
  ['LF . CR LF', '\n.\r\n'],
  ['CR LF . LF', '\r\n.\n'],
  ['CR . CR LF', '\r.\r\n'],
  ['CR . CR', '\r.\r'],
  ['CR LF . CR', '\r\n.\r'],
  ['LF . CR', '\n.\r'],
  ['CR . LF', '\r.\n'],
  ['CR LF NUL . CR LF', '\r\n\0.\r\n'],
  ['CR LF . NUL CR LF', '\r\n.\0\r\n'],
  ['CR LF . CR CR LF', '\r\n.\r\r\n'],
  ['CR LF . space CR LF', '\r\n. \r\n'],
  ['LF CR . LF CR', '\n\r.\n\r'],
  ['CR LF SP . CR LF', '\r\n .\r\n'],
];

const SMUGGLED = `MAIL FROM:<${user}>\r\nRCPT TO:<smuggled@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nx`;

/** One DATA with `sequence` in it, sent in pieces; the reply to the true end. */
async function attempt(gate: Gate, sequence: string, pieces: (text: string) => string[]): Promise<number> {
  const client = await gate.login();
  for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
  for (const piece of pieces(`Subject: outer\r\n\r\nbefore${sequence}${SMUGGLED}\r\n.\r\n`)) {
    client.raw(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const reply = await client.reply();
  // Were there a second message, its replies would come before this one's.
  expect((await client.command('NOOP')).lines).toEqual([expect.stringMatching(/^250 2\.0\.0/)]);
  expect(client.unread).toBe('');
  client.destroy();
  return reply.code;
}

describe.each(['reject', 'normalise'] as const)('smuggling, with bare line ends: %s', (policy) => {
  let gate: Gate;
  beforeAll(async () => {
    gate = await openGate({ tables: `[message]\nline-endings = "${policy}"` });
  });
  afterAll(() => gate.close());

  it.each(SEQUENCES)('%s does not end the data', async (_name, sequence) => {
    const before = gate.messages().length;
    const code = await attempt(gate, sequence, (text) => [text]);
    const queued = gate.messages().slice(before);
    expect(queued).toHaveLength(code === 250 ? 1 : 0);
    const [message] = queued;
    if (message !== undefined) {
      // It is text of the one message, and nothing that a next hop could read as an end.
      expect(message.raw.toString('latin1')).toContain('RCPT TO:<smuggled@example.net>');
      expect(message.raw.includes('\r')).toBe(false);
    }
    if (policy === 'reject' && /(^|[^\r])\n|\r(?!\n)/.test(sequence)) expect(code).toBe(550);
  });

  it.each(SEQUENCES)('%s does not end the data wherever it is cut', async (_name, sequence) => {
    const before = gate.messages().length;
    const start = 'Subject: outer\r\n\r\nbefore'.length;
    let accepted = 0;
    for (let cut = start; cut <= start + sequence.length; cut++) {
      const code = await attempt(gate, sequence, (text) => [text.slice(0, cut), text.slice(cut)]);
      if (code === 250) accepted++;
    }
    expect(gate.messages()).toHaveLength(before + accepted);
  });

  it('takes CR CR LF . CR LF for an end, as it is one, and the message for one with a bare CR', async () => {
    const client = await gate.login();
    for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
    client.raw('Subject: x\r\n\r\nx\r\r\n.\r\nNOOP\r\n');
    expect((await client.reply()).code).toBe(policy === 'reject' ? 550 : 250);
    expect((await client.reply()).code).toBe(250);
    client.destroy();
  });

  it('takes the true end wherever it is cut', async () => {
    for (let cut = 1; cut <= 5; cut++) {
      const before = gate.messages().length;
      const client = await gate.login();
      for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
      const text = 'Subject: x\r\n\r\n..dots\r\n.\r\n';
      for (const piece of [text.slice(0, -cut), text.slice(-cut)]) {
        client.raw(piece);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect((await client.reply()).code).toBe(250);
      const [message] = gate.messages().slice(before);
      expect(message?.body).toBe('.dots\n');
      client.destroy();
    }
  });
});
