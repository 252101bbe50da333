/**
 * Clients that do what clients should not. Each function does one thing to a server and says what came back; what the
 * right answer is, the tests know.
 */
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { connectSmtp, openStream, resetStream } from './smtp-client.js';
import type { SmtpClient, SmtpReply, SmtpTarget } from './smtp-client.js';

/** Connects, sends `bytes` if given, and breaks off with RST. */
export async function connectAndReset(target: SmtpTarget, bytes?: string | Uint8Array): Promise<void> {
  const stream = await openStream(target);
  stream.on('error', () => undefined);
  if (bytes !== undefined) await write(stream, bytes);
  resetStream(stream);
}

/** Connects, sends `bytes` if given, and closes at once. */
export async function connectAndClose(target: SmtpTarget, bytes?: string | Uint8Array): Promise<void> {
  const stream = await openStream(target);
  stream.on('error', () => undefined);
  if (bytes !== undefined) await write(stream, bytes);
  stream.destroy();
}

/** Sends `bytes`, ends the writing side, and goes on reading; what came until the server closed. */
export async function halfCloseAfter(target: SmtpTarget, bytes: string | Uint8Array): Promise<string> {
  const client = await connectSmtp(target);
  client.raw(bytes);
  client.halfClose();
  return drain(client);
}

/** Sends `bytes` one at a time, a write each; what came until the server closed, so let them end with QUIT. */
export async function oneByteAtATime(target: SmtpTarget, bytes: string | Uint8Array): Promise<string> {
  const client = await connectSmtp(target);
  for (const byte of Buffer.from(bytes as string)) {
    if (client.ended) break;
    await write(client.stream, Buffer.of(byte));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  return drain(client);
}

/** A connection that is open and never read. */
export interface DeafClient {
  /** Octets that left this process so far; it stops growing when the server stops reading. */
  sent(): number;
  end(): void;
}

/** Sends `bytes` over and over and never reads an answer. */
export async function neverRead(target: SmtpTarget, bytes: string): Promise<DeafClient> {
  const stream = await openStream(target);
  let open = true;
  let sent = 0;
  stream.on('error', () => undefined);
  stream.on('close', () => {
    open = false;
  });
  stream.pause();
  const push = (): void => {
    if (!open) return;
    stream.write(bytes, (error) => {
      if (error) return;
      sent += bytes.length;
      setImmediate(push);
    });
  };
  push();
  return {
    sent: () => sent,
    end: () => {
      open = false;
      stream.destroy();
    },
  };
}

export interface InjectionResult {
  /** The reply to STARTTLS. */
  readonly starttls: SmtpReply;
  /** What the client saw in clear behind that reply, before any handshake. */
  readonly clear: string;
  /** Everything that the server said inside TLS until it answered the NOOP and the QUIT that follow; empty if TLS failed. */
  readonly inside: readonly SmtpReply[];
  /** Why TLS did not come up. */
  readonly tlsError?: string;
}

/**
 * STARTTLS with `injected` behind it in the same segment (CVE-2011-0411), or in a second segment before the handshake.
 * Inside TLS only NOOP and QUIT are sent: any other answer was for what had been injected.
 */
export async function injectBehindStartTls(
  target: SmtpTarget,
  injected: string,
  how: 'same-segment' | 'next-segment' = 'same-segment',
): Promise<InjectionResult> {
  const client = await connectSmtp(target);
  await client.reply();
  await client.ehlo();
  if (how === 'same-segment') {
    client.raw(`STARTTLS\r\n${injected}`);
  } else {
    client.raw('STARTTLS\r\n');
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    client.raw(injected);
  }
  const starttls = await client.reply();
  const clear = client.unread;
  const inside: SmtpReply[] = [];
  try {
    await client.upgrade();
    client.send('NOOP');
    inside.push(await client.reply());
    client.send('QUIT');
    while (inside[inside.length - 1]?.code !== 221) inside.push(await client.reply());
    return { starttls, clear, inside };
  } catch (error) {
    return { starttls, clear, inside, tlsError: (error as Error).message };
  } finally {
    client.destroy();
  }
}

/** A TLS ClientHello where the server speaks in clear first; everything that the server said until it closed. */
export async function clientHelloInClear(target: SmtpTarget): Promise<string> {
  const client = await connectSmtp(target);
  client.raw(await clientHello());
  return drain(client);
}

/** An HTTP request; everything that the server said until it closed. */
export async function speakHttp(target: SmtpTarget): Promise<string> {
  const client = await connectSmtp(target);
  client.raw('GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test\r\n\r\n');
  return drain(client);
}

/** Sends `line` `count` times without waiting for an answer; everything that the server said until it closed. */
export async function flood(target: SmtpTarget, line: string, count: number): Promise<string> {
  const client = await connectSmtp(target);
  client.raw(`${line}\r\n`.repeat(count));
  client.raw('QUIT\r\n');
  return drain(client);
}

/** In a session that may send: MAIL, RCPT, DATA and a part of a message, then the client is gone without a final dot. */
export async function abortMidData(
  client: SmtpClient,
  {
    sender,
    recipient,
    part,
    how,
  }: { sender: string; recipient: string; part: string; how: 'reset' | 'close' | 'half-close' },
): Promise<void> {
  for (const line of [`MAIL FROM:<${sender}>`, `RCPT TO:<${recipient}>`, 'DATA']) {
    const reply = await client.command(line);
    if (reply.code >= 400) throw new Error(`${line} was answered ${reply.lines.join(' / ')}`);
  }
  await write(client.stream, part);
  if (how === 'reset') client.reset();
  else if (how === 'close') client.destroy();
  else {
    client.halfClose();
    await client.closed();
    client.destroy();
  }
}

/** What OpenSSL sends first, without sending it anywhere. */
export function clientHello(servername = 'localhost'): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sink = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        done();
        resolve(chunk);
        // The first write comes from within connect.
        setImmediate(() => socket.destroy());
      },
    });
    const socket = connectTls({ socket: sink, servername, rejectUnauthorized: false });
    socket.on('error', reject);
  });
}

async function drain(client: SmtpClient): Promise<string> {
  await client.closed();
  client.destroy();
  return client.received;
}

/** Resolves when the bytes have left this process; a broken connection is no error here. */
function write(stream: Duplex, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    stream.write(bytes, () => resolve());
  });
}
