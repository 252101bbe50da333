/**
 * A raw SMTP client for tests: it sends exactly what it is told and shows exactly what came back. It knows lines and
 * TLS, and nothing of what a client should do.
 */
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';

export interface SmtpTarget {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** `implicit`: TLS from the first byte. Default: plain. */
  readonly tls?: 'implicit';
  /** PEM of the authority to trust. Default: no certificate is checked. */
  readonly ca?: string;
  /** For SNI and the check of the certificate. Default `localhost`. */
  readonly servername?: string;
  /** How long to wait for each reply, in milliseconds. Default 10000. */
  readonly timeoutMs?: number;
}

export interface SmtpReply {
  readonly code: number;
  /** Lines as they came, code included, CRLF not. */
  readonly lines: readonly string[];
  /** The lines without code and separator. */
  readonly text: readonly string[];
  /** The enhanced status code of the last line, or an empty string. */
  readonly status: string;
}

export class SmtpClient {
  #stream: Duplex;
  readonly #target: Omit<SmtpTarget, 'port'>;
  #received = '';
  #bytes = '';
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  /** Takes over a stream that is connected already. */
  constructor(stream: Duplex, target: Omit<SmtpTarget, 'port'> = {}) {
    this.#stream = stream;
    this.#target = target;
    this.#attach();
  }

  /** The stream in use now: the TLS one after `startTls`. */
  get stream(): Duplex {
    return this.#stream;
  }

  /** Everything that came since the connection (or TLS) began, whether read as a reply or not. */
  get received(): string {
    return this.#bytes;
  }

  /** What came and was not read as a reply. */
  get unread(): string {
    return this.#received;
  }

  /** Why the connection broke, if it did not end in an orderly way. */
  get error(): Error | undefined {
    return this.#error;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends one line; CRLF is added. */
  send(line: string): void {
    this.raw(`${line}\r\n`);
  }

  /** Sends these bytes in one write. Strings go as UTF-8. */
  raw(bytes: string | Uint8Array): void {
    this.#stream.write(bytes);
  }

  /** The next line, without CRLF. Rejects at the end of the connection or of the time. */
  async line(): Promise<string> {
    const found = await this.#until('a reply', () => this.#received.indexOf('\r\n') >= 0);
    if (!found) throw new Error(`the server closed the connection; unread: ${JSON.stringify(this.#received)}`);
    const end = this.#received.indexOf('\r\n');
    const line = this.#received.slice(0, end);
    this.#received = this.#received.slice(end + 2);
    return line;
  }

  /** The next reply, all its lines. */
  async reply(): Promise<SmtpReply> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      lines.push(line);
      if (!/^\d{3}-/.test(line)) break;
    }
    const last = lines[lines.length - 1] ?? '';
    return {
      code: Number(/^\d{3}/.exec(last)?.[0] ?? Number.NaN),
      lines,
      text: lines.map((line) => line.slice(4)),
      status: /^\d{3} (\d\.\d{1,3}\.\d{1,3})(?: |$)/.exec(last)?.[1] ?? '',
    };
  }

  /** Sends a line and waits for its reply. */
  command(line: string): Promise<SmtpReply> {
    this.send(line);
    return this.reply();
  }

  /** EHLO; the keywords of the reply in upper case, each with its parameters (`AUTH` -> `PLAIN LOGIN`). */
  async ehlo(name = 'client.example'): Promise<Map<string, string>> {
    const { text, code } = await this.command(`EHLO ${name}`);
    if (code !== 250) throw new Error(`EHLO was answered ${code} ${text.join(' / ')}`);
    return new Map(
      text.slice(1).map((line) => {
        const [keyword = '', ...parameters] = line.split(' ');
        return [keyword.toUpperCase(), parameters.join(' ')];
      }),
    );
  }

  /** STARTTLS, its 220, and the handshake. */
  async startTls(): Promise<void> {
    const reply = await this.command('STARTTLS');
    if (reply.code !== 220) throw new Error(`STARTTLS was answered ${reply.lines.join(' / ')}`);
    await this.upgrade();
  }

  /** The handshake alone, now. */
  async upgrade(): Promise<void> {
    this.#stream.removeAllListeners('data');
    this.#stream.removeAllListeners('end');
    this.#stream.removeAllListeners('close');
    this.#stream = await handshake(this.#stream, this.#target);
    this.#received = '';
    this.#bytes = '';
    this.#attach();
  }

  /** AUTH PLAIN with an initial response. */
  login(user: string, password: string): Promise<SmtpReply> {
    return this.command(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}`);
  }

  /** MAIL, RCPT and DATA; the reply to the final dot, or the first one that refuses. Lines are dot-stuffed. */
  async deliver(sender: string, recipients: readonly string[], message: string): Promise<SmtpReply> {
    for (const line of [`MAIL FROM:<${sender}>`, ...recipients.map((recipient) => `RCPT TO:<${recipient}>`), 'DATA']) {
      const reply = await this.command(line);
      if (reply.code >= 400) return reply;
    }
    const text = message.replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..');
    this.raw(`${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`);
    return this.reply();
  }

  /** Resolves when the server has closed or broken the connection. */
  async closed(): Promise<void> {
    await this.#until('the end of the connection', () => false);
  }

  /** Ends the writing side only. */
  halfClose(): void {
    this.#stream.end();
  }

  /** RST instead of FIN, where the stream is a socket. */
  reset(): void {
    resetStream(this.#stream);
  }

  /** Drops the connection at once. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** QUIT, its reply, and the end of the connection. */
  async quit(): Promise<SmtpReply> {
    const reply = await this.command('QUIT');
    await this.closed();
    this.destroy();
    return reply;
  }

  #attach(): void {
    const stream = this.#stream;
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    stream.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.#received += text;
      this.#bytes += text;
      this.#wake?.();
    });
    stream.on('end', end);
    stream.on('close', end);
    stream.on('error', (error: Error) => {
      this.#error = error;
      end();
    });
  }

  /** True when `ready`, false when the connection has ended before. */
  async #until(what: string, ready: () => boolean): Promise<boolean> {
    const end = Date.now() + (this.#target.timeoutMs ?? 10_000);
    for (;;) {
      if (ready()) return true;
      if (this.#ended) return false;
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no sign of ${what} in time; unread: ${JSON.stringify(this.#received)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** Connects; the greeting is left to be read. */
export async function connectSmtp(target: SmtpTarget): Promise<SmtpClient> {
  return new SmtpClient(await openStream(target), target);
}

/** A connected socket, TLS if asked for. */
export async function openStream(target: SmtpTarget): Promise<Duplex> {
  const host = target.host ?? '127.0.0.1';
  const socket = connectTcp({ host, port: target.port, noDelay: true, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return target.tls === 'implicit' ? handshake(socket, target) : socket;
}

/** The socket below a TLS stream: only there can a connection be reset. */
const below = new WeakMap<Duplex, Duplex>();

/** Ends a connection with RST, where there is a socket below the stream. */
export function resetStream(stream: Duplex): void {
  const socket = (below.get(stream) ?? stream) as Partial<Socket>;
  if (typeof socket.resetAndDestroy === 'function') socket.resetAndDestroy();
  stream.destroy();
}

function handshake(over: Duplex, target: Omit<SmtpTarget, 'port'>): Promise<TLSSocket> {
  const trust = target.ca === undefined ? { rejectUnauthorized: false } : { ca: target.ca };
  const servername = target.servername ?? 'localhost';
  const socket = connectTls({ socket: over, ...trust, servername, minVersion: 'TLSv1.2' });
  below.set(socket, over);
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed the connection during the TLS handshake')));
  });
}
