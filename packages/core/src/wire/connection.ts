/**
 * One connection: a stream, its TLS, its deadlines and its place in the counts, around a driver that decides nothing either
 * (the session does). Whatever happens to the stream ends here and nowhere else.
 */
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Reply } from '../base/reply.js';
import { replies } from '../base/replies.js';
import type { ConnectionFacts } from '../ports/connection.js';
import type { Place } from '../ports/limits.js';
import { conduct } from '../session/conduct.js';
import type { ConnectionMeta, EngineHost } from '../session/engine.js';
import type { Session } from '../session/session.js';
import type { Ask } from '../session/step.js';
import { Driver } from './driver.js';
import type { Actions } from './driver.js';
import { Intake } from './intake.js';
import type { Pool, Pooled } from './pool.js';
import { ProxyScanner } from './proxy-header.js';
import { replyText } from './reply-text.js';
import { sessionReport } from './session-report.js';
import { attach, detach, silence } from './stream-events.js';
import type { StreamOwner } from './stream-events.js';
import { drop, startTls, tlsFacts } from './tls-upgrade.js';

const enum Phase {
  Proxy,
  Handshake,
  Session,
  /** The last reply is on its way; the client may read it. */
  Closing,
  Ended,
}

/** Octets of a client that are kept while it waits for an answer. */
const MOST_HELD = 64 * 1024;
/** Replies that a client has not read. */
const MOST_UNREAD = 64 * 1024;
/** Closing: milliseconds that the client has to close as well, and octets of it that are thrown away meanwhile. */
const LINGER = 2_000;
const MOST_LINGERING = 256 * 1024;

// Handed to `abort`, which would otherwise make an exception with a stack trace for every connection that ends.
const GONE = new Error('the connection is closed');

export class Connection implements Actions, StreamOwner, Pooled {
  readonly #host: EngineHost;
  readonly #pool: Pool;
  readonly #began: number;
  readonly #done: (() => void) | undefined;
  /** Chunks that the stream gives are nobody else's. */
  readonly #ownsChunks: boolean;
  #stream: Duplex;
  #facts: ConnectionFacts;
  #phase: Phase = Phase.Session;
  #place: Place | undefined;
  #unauthenticated: Place | undefined;
  #proxy: ProxyScanner | undefined;
  #driver: Driver | undefined;
  /** Replies that go out in one write. */
  #out = '';
  #paused = false;
  #lingered = 0;
  /** Replies when `#due` was set. */
  #answers = 0;
  /** When the client's time for what it has to do next is up, and its time to log in. Infinity: never. */
  #due = Infinity;
  #loginDue = Infinity;
  /** The message that is being read, or that the queue has not answered for yet. */
  #intake: Intake | undefined;
  /** Aborts whatever is under way for this connection. */
  #work: AbortController | undefined;
  #ended = 'client-gone';
  #finished = false;

  constructor(host: EngineHost, stream: Duplex, meta: ConnectionMeta, pool: Pool, done?: () => void) {
    this.#host = host;
    this.#pool = pool;
    this.#stream = stream;
    this.#done = done;
    this.#ownsChunks = done === undefined;
    this.#began = host.services.clock.now();
    this.#facts = { sessionId: host.newSessionId(), peer: meta.peer, local: meta.local, listener: host.listener };
    pool.add(this);
    attach(stream, this);
  }

  /** Counted and timed from here on. */
  begin(): void {
    if (this.#stream.destroyed) this.streamClosed();
    else this.#guard(() => this.#count());
  }

  #count(): void {
    const { limits, timeouts, trustsProxy } = this.#host;
    const { address } = this.#facts.peer;
    const proxied = trustsProxy(address);
    // A proxy's connections are its clients': they count in all, and by address once it is known whose they are.
    this.#place = limits.enter(proxied ? `proxy for ${this.#facts.sessionId}` : address);
    if (this.#place === undefined) return this.#refuse();
    const now = this.#pool.time;
    this.#loginDue = now + timeouts.unauthenticated;
    if (!proxied) return this.#welcome();
    this.#phase = Phase.Proxy;
    this.#due = now + timeouts.proxy;
    this.#proxy = new ProxyScanner();
  }

  // What the stream says.

  received(chunk: Buffer): void {
    switch (this.#phase) {
      case Phase.Session:
        return this.#read(chunk);
      case Phase.Proxy:
        return this.#guard(() => this.#readProxy(chunk));
      case Phase.Closing:
        this.#lingered += chunk.length;
        if (this.#lingered > MOST_LINGERING) this.destroy();
        return;
      case Phase.Handshake:
      case Phase.Ended:
    }
  }

  streamEnded(): void {
    if (this.#phase === Phase.Session) this.#guard(() => this.#driver?.end());
    else if (this.#phase !== Phase.Closing) this.destroy();
  }

  streamDrained(): void {
    if (this.#phase === Phase.Session) this.#guard(() => this.#driver?.unchoke());
  }

  streamClosed(): void {
    if (this.#phase === Phase.Ended) return;
    if (this.#phase === Phase.Handshake && this.#ended === 'client-gone') this.#ended = 'tls-failed';
    this.#phase = Phase.Ended;
    this.#loggedIn();
    this.#out = '';
    this.#driver?.gone();
    // A message that is whole goes on without its client: it is queued once, and the log says so.
    if (this.#intake !== undefined) return;
    if (this.#driver?.busy === true) this.#work?.abort(GONE);
    this.#finish();
  }

  streamSecured(): void {
    if (!(this.#stream instanceof TLSSocket) || this.#phase !== Phase.Handshake) return;
    const tls = tlsFacts(this.#stream);
    this.#facts = { ...this.#facts, tls };
    this.#guard(() => {
      if (this.#driver === undefined) return this.#open();
      this.#phase = Phase.Session;
      this.#awaitHello();
      this.#driver.secured(tls);
    });
  }

  // What the driver wants.

  reply(reply: Reply): void {
    this.#out += replyText(reply);
    if (this.#out.length > MOST_UNREAD) this.#flush();
  }

  verify(ask: Ask): void {
    const session = this.#session();
    const work = (this.#work ??= new AbortController());
    conduct(session, ask, this.#host.services, work).then(
      (reply) => {
        if (work.signal.aborted) this.#work = undefined;
        if (session.identity !== undefined) this.#loggedIn();
        this.#guard(() => this.#driver?.answered(reply));
      },
      (error: unknown) => this.#fault(error),
    );
  }

  startTls(): void {
    const { certificates } = this.#host;
    const raw = this.#stream;
    this.#phase = Phase.Handshake;
    this.#due = this.#pool.time + this.#host.timeouts.handshake;
    this.#paused = false;
    detach(raw);
    raw.pause();
    const out = this.#out;
    this.#out = '';
    // The 220 has left before TLS takes the stream over.
    raw.write(out, 'latin1', () => {
      if (certificates === undefined || raw.destroyed || this.#phase !== Phase.Handshake) return this.destroy();
      // What came in the clear behind STARTTLS, and was read already.
      drop(raw);
      this.#guard(() => this.#secure(raw));
    });
  }

  open(): void {
    const { services, timeouts } = this.#host;
    const work = (this.#work ??= new AbortController());
    this.#intake = new Intake(this, timeouts.data, this.#pool.time);
    this.#intake.submit(this.#session(), services, work.signal).then(
      (reply) => {
        this.#intake = undefined;
        if (this.#phase === Phase.Ended) this.#finish();
        else this.#guard(() => this.#driver?.finished(reply));
      },
      (error: unknown) => this.#fault(error),
    );
  }

  chunk(octets: Buffer, read: number): boolean {
    return this.#intake?.take(octets, read, this.#pool.time) ?? true;
  }

  condemn(): void {
    this.#intake?.condemn();
  }

  chunkEnd(): boolean {
    return this.#intake?.chunkEnd() ?? true;
  }

  commit(): void {
    this.#intake?.finish();
  }

  abort(): void {
    this.#intake?.abandon();
  }

  close(): void {
    if (this.#phase === Phase.Closing || this.#phase === Phase.Ended) return;
    this.#phase = Phase.Closing;
    this.#due = this.#pool.time + LINGER;
    this.#loginDue = Infinity;
    const out = this.#out;
    this.#out = '';
    const stream = this.#stream;
    if (stream.destroyed || !stream.writable) return void stream.destroy();
    stream.end(out, 'latin1');
    // The client's side is read to its end: closing with octets unread would be a reset, and could overtake the reply.
    stream.resume();
  }

  /** The queue has taken something. */
  resume(): void {
    this.#intake?.excuse(this.#pool.time);
    this.#guard(() => this.#driver?.resume());
  }

  // What the listener wants.

  check(now: number): void {
    const inSession = this.#phase === Phase.Session;
    // Waiting for our own verifier or queue is not the client's fault.
    if (this.#phase === Phase.Ended || (inSession && this.#driver?.busy === true)) return;
    const slow = this.#driver?.receiving === true && this.#intake?.isLate(now) === true;
    if (now < this.#due && now < this.#loginDue && !slow) return;
    if (inSession) return this.#guard(() => this.#driver?.timedOut());
    if (this.#phase !== Phase.Closing) this.#ended = 'timeout';
    this.destroy();
  }

  drain(): void {
    if (this.#phase === Phase.Session) return this.#guard(() => this.#driver?.shutDown());
    if (this.#phase === Phase.Closing || this.#phase === Phase.Ended) return;
    this.#ended = 'shutdown';
    this.destroy();
  }

  /** At once, whatever is under way. */
  destroy(): void {
    this.#stream.destroy();
    this.#work?.abort(GONE);
    this.streamClosed();
    this.#finish();
  }

  // Steps.

  #refuse(): void {
    this.#ended = 'too-many-connections';
    // Before TLS there is nobody to tell, and a handshake costs more than it is worth.
    if (this.#host.tls === 'implicit') return this.destroy();
    const stream = this.#stream;
    this.#phase = Phase.Closing;
    this.#due = this.#pool.time + LINGER;
    stream.end(replyText(replies.tooManyConnections), 'latin1', () => stream.destroy());
  }

  #welcome(): void {
    this.#unauthenticated = this.#host.unauthenticated.enter(this.#facts.peer.address);
    if (this.#unauthenticated === undefined) return this.#refuse();
    if (this.#host.tls !== 'implicit') return this.#open();
    this.#phase = Phase.Handshake;
    this.#due = this.#pool.time + this.#host.timeouts.handshake;
    detach(this.#stream);
    this.#secure(this.#stream);
  }

  #open(): void {
    const session = this.#host.open(this.#facts);
    this.#phase = Phase.Session;
    this.#driver = new Driver(session, this.#host.lineEndings, this);
    if (!session.rules.requireLogin) this.#loggedIn();
    this.#awaitHello();
    this.#driver.greet();
  }

  #awaitHello(): void {
    this.#due = this.#pool.time + this.#host.timeouts.greeting;
  }

  #readProxy(chunk: Buffer): void {
    const result = this.#proxy?.push(chunk);
    if (result === undefined || result.found === 'more') return;
    this.#proxy = undefined;
    if (result.found === 'nonsense') {
      this.#ended = 'proxy-failed';
      return this.destroy();
    }
    const { peer = this.#facts.peer, local = this.#facts.local } = result.header;
    this.#facts = { ...this.#facts, peer, local };
    this.#place?.leave();
    this.#place = this.#host.limits.enter(peer.address);
    if (this.#place === undefined) return this.#refuse();
    const { rest } = result;
    if (rest.length > 0 && this.#host.tls === 'implicit') {
      this.#stream.pause();
      this.#stream.unshift(rest);
      return this.#welcome();
    }
    this.#welcome();
    if (rest.length > 0) this.received(rest);
  }

  #secure(raw: Duplex): void {
    const { certificates } = this.#host;
    silence(raw);
    if (certificates === undefined) return this.destroy();
    this.#stream = startTls(raw, certificates);
    attach(this.#stream, this);
  }

  /** As `#guard`, for what happens all the time. */
  #read(chunk: Buffer): void {
    try {
      this.#driver?.push(this.#ownsChunks ? chunk : Buffer.from(chunk));
      this.#settle();
    } catch (error) {
      this.#fault(error);
    }
  }

  /** What goes wrong in one connection stays in it. */
  #guard(action: () => void): void {
    try {
      action();
      this.#settle();
    } catch (error) {
      this.#fault(error);
    }
  }

  /** After anything that may have changed what the client has to do next. */
  #settle(): void {
    const driver = this.#driver;
    if (this.#phase !== Phase.Session || driver === undefined) return;
    this.#flush();
    if (driver.receiving) this.#due = Infinity;
    else if (driver.answers !== this.#answers && driver.session.state !== 'start') {
      // Half a line is no command, however often a bit of it comes.
      this.#answers = driver.answers;
      this.#due = this.#pool.time + this.#host.timeouts.command;
    }
    const pause = driver.held > 0 && (driver.full || driver.held > MOST_HELD);
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#stream.pause();
    else this.#stream.resume();
  }

  #flush(): void {
    if (this.#out === '') return;
    const out = this.#out;
    this.#out = '';
    const stream = this.#stream;
    if (!stream.writable) return;
    // A client that does not read its replies is not read either.
    if (!stream.write(out, 'latin1') && stream.writableLength > MOST_UNREAD) this.#driver?.choke();
  }

  #loggedIn(): void {
    this.#loginDue = Infinity;
    this.#unauthenticated?.leave();
    this.#unauthenticated = undefined;
  }

  #session(): Session {
    if (this.#driver === undefined) throw new Error('a driver without a session');
    return this.#driver.session;
  }

  /** Ours, and nobody else's: the log has it, the client's connection ends. */
  #fault(error: unknown): void {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#host.services.observer.observe({ ...this.#facts, event: 'fault', where: 'wire', cause });
    this.#ended = 'fault';
    this.destroy();
  }

  /** Once, at the very end. */
  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#place?.leave();
    this.#pool.delete(this);
    const session = this.#driver?.session;
    const ended = this.#ended === 'client-gone' && session !== undefined ? session.ended : this.#ended;
    session?.end(ended);
    const { observer, clock } = this.#host.services;
    observer.observe(sessionReport(this.#facts, session, ended, clock.now() - this.#began));
    this.#done?.();
  }
}
