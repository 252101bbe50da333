/** RST, FIN or half-close, in every state: nobody else notices, nothing is queued before the final dot, one copy after it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  abortMidData,
  connectAndClose,
  connectAndReset,
  connectSmtp,
  fakeQmailQueue,
  halfCloseAfter,
  pause,
  waitFor,
} from '@postern/testkit';
import type { FakeQmailQueue, SmtpClient } from '@postern/testkit';
import { openGate, pass, quote, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';

let queue: FakeQmailQueue;
let gate: Gate;
beforeAll(async () => {
  queue = fakeQmailQueue();
  gate = await openGate({ queue: `use = "qmail-queue"\nprogram = ${quote(queue.path)}` });
});
afterAll(async () => {
  // It ends by SIGTERM with 0, so nothing that was done to it has ended it before.
  const { code } = await gate.daemon.stop();
  expect(code).toBe(0);
  await gate.close();
  queue.remove();
});

const credentials = Buffer.from(`\0${user}\0${pass}`).toString('base64');
const STATES = [
  ['nothing', ''],
  ['half a command', 'EH'],
  ['EHLO', 'EHLO client.example\r\n'],
  ['STARTTLS', 'EHLO client.example\r\nSTARTTLS\r\n'],
  ['half an AUTH exchange', 'EHLO client.example\r\nAUTH LOGIN\r\n'],
  ['AUTH', `EHLO client.example\r\nAUTH PLAIN ${credentials}\r\n`],
  ['MAIL', `EHLO client.example\r\nAUTH PLAIN ${credentials}\r\nMAIL FROM:<${user}>\r\n`],
  [
    'DATA',
    `EHLO client.example\r\nAUTH PLAIN ${credentials}\r\nMAIL FROM:<${user}>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n`,
  ],
  [
    'half a message',
    `EHLO client.example\r\nAUTH PLAIN ${credentials}\r\nMAIL FROM:<${user}>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: x\r\n\r\nhalf`,
  ],
] as const;

describe.each(['plain', 'starttls', 'implicit'] as const)('a client that leaves the %s listener', (listener) => {
  it.each(STATES)('after %s', async (_name, bytes) => {
    const target = gate.target(listener);
    // On the TLS listener this is without TLS at all, and inside it.
    const { tls: _tls, ...clear } = target;
    for (const to of listener === 'implicit' ? [target, clear] : [target]) {
      await connectAndReset(to, bytes);
      await connectAndClose(to, bytes);
      await halfCloseAfter({ ...to, timeoutMs: 20_000 }, bytes).catch((error: unknown) => {
        throw new Error(`half-close was not answered by a close: ${String(error)}`);
      });
    }
    const client = await gate.login(listener);
    expect((await client.quit()).code).toBe(221);
  });
});

describe('a client that leaves in the middle of a message', () => {
  it.each(['reset', 'close', 'half-close'] as const)('%s: nothing is queued', async (how) => {
    const before = queue.queued().length;
    const client = await gate.login('implicit');
    await abortMidData(client, {
      sender: user,
      recipient: 'bob@example.net',
      part: `Subject: x\r\n\r\n${'half a line '.repeat(20_000)}`,
      how,
    });
    await gate.daemon.logged((line) => line.event === 'message' && line['outcome'] === 'abandoned');
    expect(queue.queued()).toHaveLength(before);
  });

  it('after the final dot: one copy is queued, whoever is there to hear of it', async () => {
    for (const leave of [(client: SmtpClient) => client.reset(), (client: SmtpClient) => client.destroy()]) {
      queue.behave({ pause: 0.3 });
      const before = queue.queued().length;
      const client = await gate.login();
      for (const line of [`MAIL FROM:<${user}>`, 'RCPT TO:<bob@example.net>', 'DATA']) await client.command(line);
      await new Promise<void>((resolve) => {
        client.stream.write('Subject: x\r\n\r\nwhole\r\n.\r\n', () => resolve());
      });
      // The dot has to have arrived: only then is the message the server's.
      await waitFor('the start of the queue program', () => queue.runs().length > 0);
      await pause(100);
      leave(client);
      await waitFor('the message in the queue', () => queue.queued().length > before);
      await pause(100);
      expect(queue.queued()).toHaveLength(before + 1);
    }
    queue.behave({});
  });
});

it('a failed TLS handshake is a session in the log', async () => {
  const { tls: _tls, ...clear } = gate.target('implicit');
  const client = await connectSmtp(clear);
  client.raw('EHLO plain.example\r\n');
  await client.closed();
  client.destroy();
});
