/**
 * A connection of the npm package smtp-server whose commands are answered by our Session. The package moves the bytes:
 * sockets, TLS upgrade, lines, dots. Its own command handlers, texts and habits (the wait before the greeting, reverse
 * DNS, WIZ, SHELL, KILL, its reply codes) are never reached.
 */
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import type { SMTPServer } from 'smtp-server';
import { plainAddress } from '../base/address-key.js';
import { formatReply } from '../base/reply.js';
import type { Reply } from '../base/reply.js';
import type { TlsFacts } from '../ports/connection.js';
import type { Place } from '../ports/limits.js';
import { conduct } from '../session/conduct.js';
import type { EngineHost } from '../session/engine.js';
import type { Session } from '../session/session.js';
import { isAsk } from '../session/step.js';
import type { Ask, Step } from '../session/step.js';
import { submitMessage } from '../session/submit.js';
import { replies } from '../base/replies.js';
import { messageSource } from './message-source.js';

// RFC 4954 §4 for AUTH; RFC 5321 §4.5.3.1.4 with room for long addresses and parameters otherwise.
const AUTH_LINE = 12_288;
const COMMAND_LINE = 2_048;

const HTTP = /^(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|CONNECT|PATCH) \S+ HTTP\/\d/;
const TLS_HANDSHAKE = 0x16;
const NEVER = new AbortController().signal;

export class BridgeConnection extends SMTPConnection {
  readonly #host: EngineHost;
  readonly #gone = new AbortController();
  readonly #began: number;
  #submission: Session | undefined;
  #place: Place | undefined;
  #busy = false;
  #draining = false;
  #timers: NodeJS.Timeout[] = [];
  readonly #whenEnded: () => void;

  constructor(
    server: SMTPServer,
    socket: Socket,
    options: ConstructorParameters<typeof SMTPConnection>[2],
    host: EngineHost,
    whenEnded: () => void,
  ) {
    super(server, socket, options);
    this.#host = host;
    this.#whenEnded = whenEnded;
    this.#began = host.services.clock.now();
  }

  /** Called by the package once the socket is ready for the first reply. No early-talker wait, no reverse DNS. */
  override init(): void {
    this.#place = this.#host.unauthenticated.enter(this.remoteAddress);
    this._setListeners(() => this.#open());
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    const next = callback ?? ((): void => undefined);
    // What was sent in the clear behind STARTTLS is dropped unread.
    if (this._upgrading) return next();
    void this.#line(command.toString('latin1')).then(() => this._whenWritable(next));
  }

  /** The package's idle timeout. */
  override _onTimeout(): void {
    if (this._closing) {
      this._socket.destroy();
      return;
    }
    // Waiting for our own verifier or queue is not the client's fault.
    if (this.#busy) this._armTimeout();
    else if (this.#submission !== undefined) this.#write(this.#submission.timedOut());
  }

  /** The package speaks here when a line is far too long, or when it is closing. Its texts stay inside. */
  override send(): void {
    if (!this._closing && this.#submission !== undefined)
      this.#write({ ...this.#submission.lineTooLong(), close: true });
    else this.close();
  }

  override _onClose(): void {
    const first = !this._closed;
    super._onClose();
    if (first) this.#ended();
  }

  /** Idle: told 421 now. Busy: after what is in flight. */
  drain(): void {
    this.#draining = true;
    if (!this.#busy && this.#submission !== undefined) this.#write(this.#submission.shutDown());
  }

  destroy(): void {
    this._socket.destroy();
  }

  /** TLS is up, by STARTTLS. */
  securedBy(socket: TLSSocket): void {
    this.#submission?.secured(tlsFacts(socket));
  }

  /** TLS never came up. */
  tlsFailed(): void {
    this.#submission?.end('tls-failed');
  }

  #open(): void {
    const tls = this._socket instanceof TLSSocket ? { tls: tlsFacts(this._socket) } : {};
    const session = this.#host.open({
      sessionId: this.#host.newSessionId(),
      peer: { address: plainAddress(this.remoteAddress), port: this.remotePort },
      local: { address: plainAddress(this.localAddress), port: this.localPort },
      listener: this.#host.listener,
      ...tls,
    });
    this.#submission = session;
    if (this.#place === undefined) {
      session.end('too-many-connections');
      this.#write(replies.tooManyConnections);
      return;
    }
    this._ready = true;
    // A ClientHello has no line end, so it would wait for the timeout.
    if (session.facts.tls === undefined) {
      // Before the package's own listener, which would answer it as a line.
      this._socket.prependOnceListener('data', (first: Buffer) => {
        if (first[0] === TLS_HANDSHAKE) this.#write(session.notSmtp());
      });
    }
    const { greeting, unauthenticated } = this.#host.timeouts;
    this.#after(greeting, () => session.state === 'start' && session.facts.tls === undefined);
    this.#after(unauthenticated, () => session.identity === undefined && session.rules.requireLogin);
    this.#write(session.greet());
  }

  async #line(line: string): Promise<void> {
    const session = this.#submission;
    if (session === undefined || this._closing) return;
    if (HTTP.test(line)) {
      this.#write(session.notSmtp());
      return;
    }
    if (this.#draining && session.transaction === undefined) {
      this.#write(session.shutDown());
      return;
    }
    this.#busy = true;
    const reading = session.expects.read;
    const limit = reading === 'sasl' || /^auth /i.test(line) ? AUTH_LINE : COMMAND_LINE;
    let step: Step;
    if (line.length > limit) step = session.lineTooLong();
    else step = reading === 'sasl' ? session.response(line) : session.command(line);
    const reply = isAsk(step) ? await this.#ask(session, step) : step;
    if (session.identity !== undefined) this.#authenticated();
    this.#busy = false;
    this.#answer(session, reply);
  }

  async #ask(session: Session, question: Ask): Promise<Reply> {
    const work = new AbortController();
    const gone = this.#gone.signal;
    const abort = (): void => work.abort();
    gone.addEventListener('abort', abort, { once: true });
    if (gone.aborted) abort();
    const reply = await conduct(session, question, this.#host.services, work);
    gone.removeEventListener('abort', abort);
    return reply;
  }

  #answer(session: Session, reply: Reply): void {
    const next = session.expects.read;
    if (next === 'data') this.#receive(session);
    this.#write(reply);
    // The package retires its parser, so nothing that came before the handshake survives it.
    if (next === 'tls') this.upgrade(() => undefined);
  }

  #receive(session: Session): void {
    const parser = this._parser;
    if (parser === false) return;
    this.#busy = true;
    const stream = parser.startDataMode(session.messageSize);
    this._dataStream = stream;
    const source = messageSource(stream, this.#host.lineEndings);
    const stop = this.#watchData(session, stream);
    // Not the connection's signal: a client that leaves after the final dot has handed the message over.
    void submitMessage(session, source, this.#host.services, NEVER).then((reply) => {
      stop();
      this._dataStream = false;
      this.#busy = false;
      this.#write(reply);
      parser.continue();
      if (this.#draining) this.drain();
    });
  }

  /** The client has so long between two pieces of its message. */
  #watchData(session: Session, stream: Readable): () => void {
    const late = (): void => {
      this.#write(session.timedOut());
      this._socket.destroy();
    };
    let timer = setTimeout(late, this.#host.timeouts.data);
    const feed = (): void => {
      clearTimeout(timer);
      timer = setTimeout(late, this.#host.timeouts.data);
    };
    const stop = (): void => {
      clearTimeout(timer);
      this._socket.off('data', feed);
    };
    this._socket.on('data', feed);
    stream.once('end', stop);
    this._socket.once('close', stop);
    return stop;
  }

  #write(reply: Reply): void {
    const { _socket: socket } = this;
    if (!this._upgrading && !socket.destroyed && socket.writable) socket.write(formatReply(reply), 'latin1');
    if (reply.close === true) this.close();
  }

  #authenticated(): void {
    this.#place?.leave();
    this.#place = undefined;
  }

  #after(milliseconds: number, isLate: () => boolean): void {
    const timer = setTimeout(() => {
      if (isLate() && !this._closing && this.#submission !== undefined) this.#write(this.#submission.timedOut());
    }, milliseconds);
    this.#timers.push(timer);
  }

  #ended(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#gone.abort();
    this.#authenticated();
    this.#report();
    this.#whenEnded();
  }

  #report(): void {
    const session = this.#submission;
    if (session === undefined) return;
    const why = session.ended;
    session.end(why);
    const { observer, clock } = this.#host.services;
    observer.observe({
      ...session.facts,
      event: 'session',
      ended: why,
      ...(session.identity === undefined ? {} : { login: session.identity.login }),
      messages: session.messages,
      milliseconds: clock.now() - this.#began,
    });
  }
}

function tlsFacts(socket: TLSSocket): TlsFacts {
  const servername: unknown = (socket as { servername?: unknown }).servername;
  return {
    protocol: socket.getProtocol() ?? '',
    // A socket that is already closed has no cipher any more, whatever the types say.
    cipher: (socket.getCipher() as { name?: string } | undefined)?.name ?? '',
    servername: typeof servername === 'string' ? servername : '',
  };
}
