/**
 * Drives one Session with octets: lines, data and chunks go in, actions come out. Pure and synchronous: no sockets, no TLS,
 * no timers, no promises. Whoever runs it (connection.ts with a socket, play.ts with a script) carries the actions out and
 * comes back with what came of them.
 */
import type { Reply } from '../base/reply.js';
import type { LineEndingPolicy } from '../message/line-endings.js';
import type { TlsFacts } from '../ports/connection.js';
import type { Session } from '../session/session.js';
import { isAsk } from '../session/step.js';
import type { Ask } from '../session/step.js';
import type { Transaction } from '../session/transaction.js';
import { ChunkScanner } from './chunk-scanner.js';
import { DataScanner } from './data-scanner.js';
import { isHttp, isTlsRecord } from './foreign-protocol.js';
import { LineScanner } from './line-scanner.js';

/** What a driver has done for it. */
export interface Actions {
  reply(reply: Reply): void;
  /** `answered` brings the reply. */
  verify(ask: Ask): void;
  /** TLS has to start. `secured` says that it is up. */
  startTls(): void;
  /** A message begins. `finished` brings the reply, sooner or later. */
  open(): void;
  /**
   * Some of the message, with LF line ends, made of `read` octets of the client's. It may be empty.
   *
   * @returns false if `resume` is to be waited for
   */
  chunk(octets: Buffer, read: number): boolean;
  /** The message holds a bare CR or LF and must not be taken. Its end is still read. */
  condemn(): void;
  /** Between two chunks of BDAT. @returns false if the message has failed already, so that `finished` comes */
  chunkEnd(): boolean;
  /** The message is whole. */
  commit(): void;
  /** The client broke the message off: nothing may be queued. */
  abort(): void;
  /** Nothing more is read or said. */
  close(): void;
}

/** Why a driver reads no further. */
const enum Wait {
  Verifier = 1,
  Tls = 2,
  Queue = 4,
  /** The message comes faster than the queue takes it. */
  Room = 8,
  /** The client does not read what it is told. */
  Client = 16,
}

// What is read of a chunk that is refused, where nobody has logged in.
const MOST_REFUSED = 64 * 1024;
const MOST_DISCARDED = 100 * 1024 * 1024;

const NOTHING: Buffer = Buffer.alloc(0);

export class Driver {
  readonly session: Session;
  readonly #actions: Actions;
  readonly #lineEndings: LineEndingPolicy;
  readonly #lines = new LineScanner();
  #input = NOTHING;
  #at = 0;
  #more: Buffer[] | undefined;
  #waits = 0;
  #running = false;
  #inputEnded = false;
  #draining = false;
  #closed = false;
  /** The message that has been opened and not finished. */
  #message: Transaction | undefined;
  #committed = false;
  #aborted = false;
  #data: DataScanner | undefined;
  #chunks: ChunkScanner | undefined;
  /** Octets of a refused chunk that are still to come. */
  #refused = 0;
  #answers = 0;

  constructor(session: Session, lineEndings: LineEndingPolicy, actions: Actions) {
    this.session = session;
    this.#lineEndings = lineEndings;
    this.#actions = actions;
  }

  /** Octets that have come and cannot be looked at yet. */
  get held(): number {
    const first = this.#input.length - this.#at;
    return this.#more === undefined ? first : this.#more.reduce((sum, chunk) => sum + chunk.length, first);
  }

  /** Waiting for something of ours: the client is not to blame for the time. */
  get busy(): boolean {
    return (this.#waits & (Wait.Verifier | Wait.Queue | Wait.Room)) !== 0;
  }

  /** What comes now could not be kept in bounds. */
  get full(): boolean {
    return (this.#waits & (Wait.Room | Wait.Client)) !== 0;
  }

  /** Replies so far. */
  get answers(): number {
    return this.#answers;
  }

  /** A message is being read. */
  get receiving(): boolean {
    return this.#message !== undefined && !this.#committed && this.session.expects.read !== 'command';
  }

  greet(): void {
    this.#actions.reply(this.session.greet());
  }

  /** Octets from the client. They belong to the driver now, which writes into them. */
  push(chunk: Buffer): void {
    if (this.#closed || chunk.length === 0) return;
    if (this.#at === this.#input.length) {
      this.#input = chunk;
      this.#at = 0;
    } else {
      (this.#more ??= []).push(chunk);
    }
    this.#run();
  }

  /** The client has ended its side; what it asked for is still answered. */
  end(): void {
    this.#inputEnded = true;
    this.#run();
  }

  /** The client is gone. */
  gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drop();
    this.#abortMessage();
  }

  /** The answer to `verify`. */
  answered(reply: Reply): void {
    this.#proceed(Wait.Verifier, reply);
  }

  /** TLS is up. Whatever was read before is forgotten (RFC 3207 §4.2). */
  secured(tls: TlsFacts): void {
    this.#drop();
    this.session.secured(tls);
    this.#proceed(Wait.Tls);
  }

  /** The message has been dealt with. */
  finished(reply: Reply): void {
    const said = this.#aborted ? undefined : reply;
    this.#message = undefined;
    this.#committed = false;
    this.#aborted = false;
    this.#data = undefined;
    this.#chunks = undefined;
    this.#waits &= ~Wait.Room;
    this.#proceed(Wait.Queue, said);
  }

  /** There is room for more of the message. */
  resume(): void {
    this.#proceed(Wait.Room);
  }

  /** The client does not read: nothing more is done for it until it does. */
  choke(): void {
    this.#waits |= Wait.Client;
  }

  unchoke(): void {
    this.#proceed(Wait.Client);
  }

  timedOut(): void {
    if (!this.#closed) this.#say(this.session.timedOut());
  }

  /** Idle: told 421 now. Otherwise after what is in flight. */
  shutDown(): void {
    if (this.#closed) return;
    if (this.#message !== undefined || this.#waits !== 0) this.#draining = true;
    else this.#say(this.session.shutDown());
  }

  #proceed(wait: Wait, reply?: Reply): void {
    this.#waits &= ~wait;
    if (this.#closed) return;
    if (reply !== undefined) this.#say(reply);
    if (this.#draining && this.#message === undefined && this.#waits === 0) this.shutDown();
    this.#run();
  }

  #run(): void {
    // Actions may come back at once, from within.
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#waits === 0 && !this.#closed && this.#hasInput()) this.#step();
      if (this.#inputEnded && this.#waits === 0 && !this.#closed) this.#close();
    } finally {
      this.#running = false;
    }
  }

  #hasInput(): boolean {
    if (this.#at < this.#input.length) return true;
    const next = this.#more?.shift();
    // An idle session keeps no memory of what it was sent.
    this.#input = next ?? NOTHING;
    this.#at = 0;
    if (next === undefined) this.#more = undefined;
    return next !== undefined;
  }

  #step(): void {
    const { expects } = this.session;
    switch (expects.read) {
      case 'command':
      case 'sasl':
        return this.#readLine(expects.read === 'sasl');
      case 'data':
        return this.#readData();
      case 'chunk':
        return this.#readChunk();
      case 'tls':
      case 'nothing':
        this.#drop();
    }
  }

  #readLine(exchange: boolean): void {
    const lines = this.#lines;
    if (!lines.skipping && isTlsRecord(lines.held, this.#input, this.#at)) return this.#say(this.session.notSmtp());
    const found = lines.read(this.#input, this.#at, exchange);
    this.#at = lines.next;
    switch (found) {
      case 'more':
        return;
      case 'line':
        return this.#line(lines.text, exchange);
      case 'too-long':
        return this.#say(this.session.lineTooLong());
      case 'endless':
        return this.#say({ ...this.session.lineTooLong(), close: true });
    }
  }

  #line(text: string, exchange: boolean): void {
    const { session } = this;
    if (!exchange && isHttp(text)) return this.#say(session.notSmtp());
    const step = exchange ? session.response(text) : session.command(text);
    if (isAsk(step)) {
      this.#waits |= Wait.Verifier;
      return this.#actions.verify(step);
    }
    this.#say(step);
    if (!this.#closed) this.#next();
  }

  /** What the session wants after a command. */
  #next(): void {
    const { session } = this;
    const { expects } = session;
    // RSET, EHLO: the chunks that were read are not a message any more.
    if (this.#message !== undefined && session.transaction !== this.#message) return this.#abortMessage();
    if (expects.read === 'data') {
      this.#data = new DataScanner(this.#lineEndings);
      this.#open();
    } else if (expects.read === 'chunk') {
      this.#beginChunk(expects.octets, expects.refuse);
    } else if (expects.read === 'tls') {
      // Nothing that came in the clear behind STARTTLS is ever looked at (CVE-2011-0411).
      this.#drop();
      this.#waits |= Wait.Tls;
      this.#actions.startTls();
    }
  }

  #open(): void {
    this.#message = this.session.transaction;
    this.#actions.open();
  }

  #readData(): void {
    const data = this.#data;
    if (data === undefined) return this.#drop();
    const from = this.#at;
    const { bare } = data;
    this.#at = data.push(this.#input, from);
    this.#pass(data, this.#at - from, bare);
    if (data.ended) this.#commit();
  }

  #pass(scanner: DataScanner | ChunkScanner, read: number, bare: boolean): void {
    if (scanner.bare && !bare) this.#actions.condemn();
    if (read > 0 && !this.#actions.chunk(scanner.output, read)) this.#waits |= Wait.Room;
    scanner.output = NOTHING;
  }

  #commit(): void {
    this.#committed = true;
    this.#waits = (this.#waits & ~Wait.Room) | Wait.Queue;
    this.#actions.commit();
  }

  #beginChunk(octets: number, refuse: Reply | undefined): void {
    if (refuse !== undefined) {
      const most =
        this.session.rules.requireLogin && this.session.identity === undefined ? MOST_REFUSED : MOST_DISCARDED;
      if (octets > most) return this.#say({ ...refuse, close: true });
      this.#refused = octets;
    } else {
      this.#chunks ??= new ChunkScanner(this.#lineEndings);
      this.#chunks.expect(octets);
      if (this.#message === undefined) this.#open();
    }
    // "BDAT 0 LAST" is complete as it stands.
    if (octets === 0) this.#readChunk();
  }

  #readChunk(): void {
    const { expects } = this.session;
    if (expects.read !== 'chunk') return;
    if (expects.refuse !== undefined) return this.#skipChunk(expects.refuse);
    const chunks = this.#chunks;
    if (chunks === undefined) return this.#drop();
    const from = this.#at;
    const { bare } = chunks;
    this.#at = chunks.push(this.#input, from);
    if (chunks.left === 0 && expects.last) chunks.end();
    this.#pass(chunks, this.#at - from, bare);
    if (chunks.left > 0) return;
    if (expects.last) return this.#commit();
    this.#waits |= Wait.Queue;
    if (!this.#actions.chunkEnd()) return;
    this.#waits &= ~Wait.Queue;
    this.#say(this.session.chunked(expects.octets));
  }

  #skipChunk(refuse: Reply): void {
    const skipped = Math.min(this.#refused, this.#input.length - this.#at);
    this.#refused -= skipped;
    this.#at += skipped;
    if (this.#refused > 0) return;
    this.#say(this.session.chunkRefused(refuse));
    if (!this.#closed) this.#next();
  }

  #abortMessage(): void {
    if (this.#message === undefined || this.#committed || this.#aborted) return;
    this.#aborted = true;
    // The next command has to wait until the queue has given everything back.
    this.#waits |= Wait.Queue;
    this.#actions.abort();
  }

  #say(reply: Reply): void {
    if (reply.code !== 0) {
      this.#answers++;
      this.#actions.reply(reply);
    }
    if (reply.close === true) this.#close();
  }

  #close(): void {
    this.#closed = true;
    this.#drop();
    this.#abortMessage();
    this.#actions.close();
  }

  #drop(): void {
    this.#input = NOTHING;
    this.#at = 0;
    this.#more = undefined;
    this.#lines.clear();
  }
}
