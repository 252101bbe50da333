/** PIPELINING (RFC 2920): replies in order, joined into one write where nothing has to be waited for. */
import { Duplex } from 'node:stream';
import { connectSmtp } from '@postern/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loggedIn, LOGIN, startWire } from './wire-server.js';
import { ENVELOPE, joined, play } from './wire-session.js';

/** A stream in memory that shows every write of the server. */
export function memoryStream(): { stream: Duplex; writes: string[] } {
  const writes: string[] = [];
  const stream = new Duplex({
    allowHalfOpen: true,
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString('latin1'));
      done();
    },
  });
  return { stream, writes };
}

const META = { peer: { address: '192.0.2.1', port: 1 }, local: { address: '192.0.2.2', port: 587 } };

describe('pipelining', () => {
  it('joins the replies to what came together', async () => {
    const { server } = await startWire();
    const { stream, writes } = memoryStream();
    const done = server.handleConnection(stream, { ...META, listener: 'plain' });
    stream.push(`EHLO x\r\n${LOGIN}\r\n`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    const before = writes.length;
    stream.push('MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<c@example.net>\r\nNOOP\r\nDATA\r\n');
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    expect(writes.length).toBe(before + 1);
    expect(writes[before]?.split('\r\n').map((line) => line.slice(0, 3))).toEqual([
      '250',
      '250',
      '250',
      '250',
      '354',
      '',
    ]);
    stream.push('Subject: x\r\n\r\n.\r\nNOOP\r\nQUIT\r\n');
    stream.push(null);
    await done;
    expect(
      writes
        .at(-1)
        ?.split('\r\n')
        .map((line) => line.slice(0, 3)),
    ).toEqual(['250', '250', '221', '']);
  });

  it('answers a whole session that was sent at once', async () => {
    const { plain, queue } = await startWire();
    const client = await connectSmtp(plain);
    const message = 'MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n';
    client.raw(`EHLO x\r\n${LOGIN}\r\n${message.repeat(20)}QUIT\r\n`);
    await client.closed();
    const codes = client.received
      .split('\r\n')
      .filter((line) => /^\d{3} /.test(line))
      .map((line) => line.slice(0, 3));
    expect(codes).toEqual(['220', '250', '235', ...Array(20).fill(['250', '250', '354', '250']).flat(), '221']);
    expect(queue.queued).toHaveLength(20);
  });

  it('answers in order while a verifier is waited for', async () => {
    const { plain } = await startWire();
    const client = await connectSmtp(plain);
    client.raw(`EHLO x\r\nNOOP\r\n${LOGIN}\r\n${LOGIN}\r\nNOOP\r\nAUTH PLAIN\r\nQUIT\r\n`);
    await client.closed();
    const codes = client.received
      .split('\r\n')
      .filter((line) => /^\d{3} /.test(line))
      .map((line) => line.slice(0, 3));
    expect(codes).toEqual(['220', '250', '250', '235', '503', '250', '503', '221']);
  });

  it('does not lose ten thousand commands', async () => {
    const { plain } = await startWire();
    const client = await loggedIn(plain);
    client.raw('NOOP\r\n'.repeat(10_000));
    client.raw('QUIT\r\n');
    await client.closed();
    expect(client.received.split('250 2.0.0 OK\r\n')).toHaveLength(10_001);
  });

  it('does the same however the octets are cut', () => {
    const text = `${ENVELOPE}DATA\r\nSubject: x\r\n\r\n..\r\n.\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<x>\r\nBDAT 5\r\n12\r\nXBDAT 3 LAST\r\nabcVRFY x\r\nQUIT\r\n`;
    const whole = joined(play(text).actions);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts, text.length].sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, i) => text.slice(at[i], end));
        expect(joined(play(chunks).actions)).toEqual(whole);
      }),
    );
  });
});
