/**
 * The submission state machine (RFC 6409): lines in, replies out. Pure: no sockets, no TLS, no clock of its own, no
 * verifier and no queue. What has to be asked outside comes back as an `Ask`; an engine has it answered by conduct.ts.
 *
 * One Session is one connection, one Transaction is one message.
 */
import { decodeBase64, encodeBase64 } from '../auth/base64.js';
import { ownMechanism } from '../auth/mechanisms.js';
import type { SaslMachine } from '../auth/sasl.js';
import type { AttemptOutcome } from '../auth/attempt.js';
import { replies } from '../base/replies.js';
import { isPositive } from '../base/reply.js';
import type { Reply } from '../base/reply.js';
import type { ConnectionFacts, TlsFacts } from '../ports/connection.js';
import type { ExchangeStep, Identity, SaslExchange } from '../ports/verifier.js';
import { extensions, mayAuthenticate } from './hello.js';
import { replyToAttempt } from './outcomes.js';
import { readMail, readRcpt } from './paths.js';
import type { SessionRules } from './rules.js';
import { isVerb, protocol } from './state.js';
import type { Need, State, Verb } from './state.js';
import { isAsk } from './step.js';
import type { Ask, Expects, Step } from './step.js';
import { Transaction } from './transaction.js';

const COMMAND: Expects = { read: 'command' };

/** The exchange of an AUTH command that is under way. */
type Exchange =
  | { readonly by: 'us'; readonly mechanism: string; readonly machine: SaslMachine }
  | { readonly by: 'verifier'; readonly mechanism: string; readonly exchange: SaslExchange };

export class Session {
  #state: State = 'start';
  #helo = '';
  #extended = false;
  #identity: Identity | undefined;
  #transaction: Transaction | undefined;
  #exchange: Exchange | undefined;
  #expects: Expects = COMMAND;
  #errors = 0;
  #failedLogins = 0;
  #messages = 0;
  #ended = 'client-gone';
  #facts: ConnectionFacts;
  readonly #rules: SessionRules;

  constructor(facts: ConnectionFacts, rules: SessionRules) {
    this.#facts = facts;
    this.#rules = rules;
  }

  /** What the engine has to read next. */
  get expects(): Expects {
    return this.#expects;
  }

  /** As given, with TLS as it is now. */
  get facts(): ConnectionFacts {
    return this.#facts;
  }

  get rules(): SessionRules {
    return this.#rules;
  }

  get state(): State {
    return this.#state;
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  get transaction(): Transaction | undefined {
    return this.#transaction;
  }

  /** What the client called itself; empty before EHLO. */
  get helo(): string {
    return this.#helo;
  }

  /** EHLO rather than HELO. */
  get extended(): boolean {
    return this.#extended;
  }

  /** Messages queued so far. */
  get messages(): number {
    return this.#messages;
  }

  /** Why the session ended, for the log. */
  get ended(): string {
    return this.#ended;
  }

  /** Octets; 0 is no limit. */
  get messageSize(): number {
    return this.#identity?.limits?.messageSize ?? this.#rules.messageSize;
  }

  /** The 220 that opens the connection. */
  greet(): Reply {
    return replies.greeting(this.#rules.hostname);
  }

  /** @param line a command without its line end, one character per octet */
  command(line: string): Step {
    const word = /^[A-Za-z]*/.exec(line)?.[0] ?? '';
    const verb = word.toUpperCase();
    const rest = line.slice(word.length);
    // "MAILFROM" is no command; "QUIT\t" is sloppy and clear.
    const known = isVerb(verb) && (rest === '' || rest.startsWith(' ') || rest.startsWith('\t'));
    if (!known) return this.#settle(hasControl(line) ? replies.badCharacters : replies.unknownCommand);
    const argument = rest.trim();
    const forbidden = hasControl(argument) ? replies.badCharacters : this.#forbids(verb);
    if (forbidden !== undefined)
      return this.#settle(verb === 'BDAT' ? this.#refuseChunk(argument, forbidden) : forbidden);
    const step = this.#handle(verb, argument);
    return isAsk(step) ? step : this.#settle(step);
  }

  /** A line longer than may be. In an AUTH exchange it ends the exchange (RFC 4954 §4). */
  lineTooLong(): Reply {
    if (this.#expects.read !== 'sasl') return this.#settle(replies.lineTooLong);
    this.#dropExchange();
    return this.#settle(replies.authTooLong);
  }

  /** @param line a line of an AUTH exchange, without its line end */
  response(line: string): Step {
    const exchange = this.#exchange;
    if (exchange === undefined) return this.#settle(replies.unknownCommand);
    // RFC 4954 §4: "*" cancels; it is no failed login, and the session stays in step.
    if (line === '*') {
      this.#dropExchange();
      return this.#settle(replies.authCancelled);
    }
    const response = decodeBase64(line.trim());
    if (response === undefined) {
      this.#dropExchange();
      return this.#settle(replies.badBase64);
    }
    return this.#advance(exchange, response);
  }

  /** The answer to `verify` and `refuse`. */
  attempted(outcome: AttemptOutcome): Reply {
    this.#exchange = undefined;
    this.#expects = COMMAND;
    if (outcome.outcome === 'accepted') this.#identity = outcome.identity;
    if (outcome.outcome === 'rejected') this.#failedLogins++;
    return this.#settle(replyToAttempt(outcome));
  }

  /** The answer to `exchange`. */
  exchanged(step: ExchangeStep): Reply {
    if (step.outcome !== 'challenge') return this.attempted(step);
    this.#expects = { read: 'sasl' };
    return replies.challenge(step.challenge.toString('base64'));
  }

  /** TLS is up: all that the client said in the clear is forgotten (RFC 3207 §4.2). */
  secured(tls: TlsFacts): void {
    this.#facts = { ...this.#facts, tls };
    this.#state = 'start';
    this.#helo = '';
    this.#extended = false;
    this.#identity = undefined;
    this.#transaction = undefined;
    this.#dropExchange();
  }

  /** The BDAT octets that were expected are in. Not for the last chunk: that is `finished`. */
  chunked(octets: number): Reply {
    this.#expects = COMMAND;
    this.#state = 'chunks';
    return replies.chunkOk(octets);
  }

  /** The octets of a refused BDAT have been thrown away. The whole sequence is over (RFC 3030 §2). */
  chunkRefused(refuse: Reply): Reply {
    this.#expects = COMMAND;
    if (this.#transaction !== undefined) this.#endTransaction();
    return this.#settle(refuse);
  }

  /** The message has been dealt with, and this is what is said. */
  finished(reply: Reply): Reply {
    this.#expects = COMMAND;
    if (isPositive(reply)) {
      this.#messages++;
      this.#errors = 0;
    }
    this.#endTransaction();
    return this.#settle(reply);
  }

  /** The client took too long. */
  timedOut(): Reply {
    return this.#close(replies.timeout, 'timeout');
  }

  /** The server is about to stop. */
  shutDown(): Reply {
    return this.#close(replies.shuttingDown, 'shutdown');
  }

  /** TLS or HTTP bytes where SMTP was expected. */
  notSmtp(): Reply {
    return this.#close(replies.notSmtp, 'not-smtp');
  }

  /** The engine knows why the connection ended, for example `tls-failed`. */
  end(why: string): void {
    if (this.#ended === 'client-gone') this.#ended = why;
    this.#dropExchange();
    this.#expects = { read: 'nothing' };
  }

  #forbids(verb: Verb): Reply | undefined {
    const rule = protocol[verb];
    // RFC 3207 §4: without the TLS it requires, a server says 530 to everything else.
    for (const need of rule.needs) {
      const unmet = this.#lacks(need);
      if (unmet !== undefined) return unmet;
    }
    return rule.not[this.#state];
  }

  #lacks(need: Need): Reply | undefined {
    if (need === 'tls' && this.#rules.requireTls && this.#facts.tls === undefined) return replies.tlsRequired;
    if (need === 'login' && this.#rules.requireLogin && this.#identity === undefined) return replies.authRequired;
    return undefined;
  }

  #handle(verb: Verb, argument: string): Step {
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        return this.#hello(verb, argument);
      case 'STARTTLS':
        return this.#startTls(argument);
      case 'AUTH':
        return this.#auth(argument);
      case 'MAIL':
        return this.#mail(argument);
      case 'RCPT':
        return this.#rcpt(argument);
      case 'DATA':
        if (argument !== '') return replies.badArguments('DATA');
        this.#expects = { read: 'data' };
        return replies.startData;
      case 'BDAT':
        return this.#bdat(argument);
      case 'RSET':
        this.#endTransaction();
        return replies.reset;
      case 'NOOP':
        return replies.ok;
      case 'HELP':
        return replies.help;
      case 'VRFY':
        return replies.cannotVerify;
      case 'EXPN':
        return replies.notImplemented;
      case 'QUIT':
        return this.#close(replies.bye, 'quit');
    }
  }

  #hello(verb: 'EHLO' | 'HELO', argument: string): Reply {
    // RFC 5321 §4.1.4: a client's name is never a reason to refuse it; some clients send none.
    this.#helo = argument.slice(0, 255);
    this.#extended = verb === 'EHLO';
    this.#state = 'ready';
    this.#transaction = undefined;
    if (verb === 'HELO') return replies.hello(this.#rules.hostname);
    return replies.hello(
      this.#rules.hostname,
      extensions(this.#rules, {
        secure: this.#facts.tls !== undefined,
        authenticated: this.#identity !== undefined,
        messageSize: this.messageSize,
        recipients: this.#recipientLimit,
      }),
    );
  }

  #startTls(argument: string): Reply {
    if (this.#facts.tls !== undefined) return replies.tlsAlready;
    if (!this.#rules.startTls) return replies.tlsNotOffered;
    if (argument !== '') return replies.badArguments('STARTTLS');
    this.#expects = { read: 'tls' };
    return replies.startTls;
  }

  #auth(argument: string): Step {
    if (this.#identity !== undefined) return replies.authTwice;
    if (!mayAuthenticate(this.#rules, this.#facts.tls !== undefined)) return replies.encryptionRequired;
    const offered = this.#rules.mechanisms();
    if (offered.length === 0) return replies.authNotOffered;
    if (this.#failedLogins >= this.#rules.failedLogins)
      return this.#close(replies.tooManyFailures, 'too-many-failed-logins');
    // Windows Mail puts two spaces behind "AUTH PLAIN".
    const [word = '', initial, ...more] = argument.split(/ +/);
    const mechanism = word.toUpperCase();
    if (mechanism === '' || more.length > 0) return replies.badArguments('AUTH mechanism [initial-response]');
    if (!offered.includes(mechanism)) return replies.unknownMechanism;
    // RFC 4954 §4: "=" is an empty initial response.
    const response = initial === undefined ? undefined : decodeBase64(initial === '=' ? '' : initial);
    if (initial !== undefined && response === undefined) return replies.badBase64;
    const exchange = this.#begin(mechanism);
    if (exchange === undefined) return replies.unknownMechanism;
    if (exchange.by === 'us' && response !== undefined && ownMechanism(mechanism)?.clientFirst === false) {
      return replies.badSaslMessage;
    }
    this.#exchange = exchange;
    return this.#advance(exchange, response);
  }

  #begin(mechanism: string): Exchange | undefined {
    const leader = this.#rules.leader(mechanism);
    if (leader !== undefined) {
      // The engine puts its own signal in when it conducts the exchange.
      const context = { ...this.facts, mechanism, signal: new AbortController().signal };
      return { by: 'verifier', mechanism, exchange: leader.begin(mechanism, context) };
    }
    const own = ownMechanism(mechanism);
    if (own === undefined) return undefined;
    const { hostname, nonce, now, authzidAsLogin } = this.#rules;
    return { by: 'us', mechanism, machine: own.begin({ hostname, nonce, now, authzidAsLogin }) };
  }

  #advance(exchange: Exchange, response: Buffer | undefined): Step {
    if (exchange.by === 'verifier') {
      this.#expects = { read: 'nothing' };
      return { ask: 'exchange', exchange: exchange.exchange, mechanism: exchange.mechanism, response };
    }
    const step = exchange.machine.step(response);
    switch (step.step) {
      case 'challenge':
        this.#expects = { read: 'sasl' };
        return replies.challenge(encodeBase64(step.challenge));
      case 'malformed':
        this.#dropExchange();
        return this.#settle(replies.badSaslMessage);
      case 'refused':
        this.#expects = { read: 'nothing' };
        return { ask: 'refuse', login: step.login, mechanism: exchange.mechanism };
      case 'credentials':
        this.#expects = { read: 'nothing' };
        return { ask: 'verify', credentials: step.credentials };
    }
  }

  #mail(argument: string): Reply {
    const { messages, senders } = this.#rules;
    if (messages > 0 && this.#messages >= messages) return this.#close(replies.tooManyMessages, 'too-many-messages');
    const read = readMail(argument, this.#rules, this.messageSize);
    if ('refused' in read) return read.refused;
    const { sender, body, smtputf8 } = read.ok;
    // The null sender is everybody's; the fields of the header decide there.
    if (sender !== null && this.#identity !== undefined && !senders.maySendAs(this.#identity, sender)) {
      return replies.senderNotAllowed;
    }
    this.#transaction = new Transaction(`${this.#facts.sessionId}.${this.#messages + 1}`, sender, body, smtputf8);
    this.#state = 'mail';
    return replies.senderOk;
  }

  #rcpt(argument: string): Reply {
    const transaction = this.#transaction;
    if (transaction === undefined) return replies.mailFirst;
    if (transaction.recipients.length >= this.#recipientLimit) return replies.tooManyRecipients;
    const read = readRcpt(argument, this.#rules);
    if ('refused' in read) return read.refused;
    transaction.recipients.push(read.ok);
    this.#state = 'rcpt';
    return replies.recipientOk;
  }

  #bdat(argument: string): Reply | Ask {
    const command = parseBdat(argument);
    if (!this.#rules.chunking) return replies.notImplemented;
    if (command === undefined) return replies.badChunk;
    this.#expects = { read: 'chunk', ...command };
    if (this.#transaction !== undefined) this.#transaction.chunkOctets += command.octets;
    // Nothing is said before the octets are in.
    return NOTHING_YET;
  }

  /** The octets of a BDAT that is not allowed come all the same, and must not be read as commands (RFC 3030 §2). */
  #refuseChunk(argument: string, refuse: Reply): Reply {
    const command = this.#rules.chunking ? parseBdat(argument) : undefined;
    if (command === undefined) return refuse;
    this.#expects = { read: 'chunk', ...command, refuse };
    return NOTHING_YET;
  }

  get #recipientLimit(): number {
    return this.#identity?.limits?.recipients ?? this.#rules.recipients;
  }

  #endTransaction(): void {
    this.#transaction = undefined;
    if (this.#state !== 'start') this.#state = 'ready';
  }

  #dropExchange(): void {
    if (this.#exchange?.by === 'verifier') this.#exchange.exchange.cancel();
    this.#exchange = undefined;
    this.#expects = COMMAND;
  }

  #close(reply: Reply, why: string): Reply {
    this.end(why);
    return reply;
  }

  /** Counts errors: a client that only makes them is shown the door. */
  #settle(reply: Reply): Reply {
    if (reply.code < 500) return reply;
    this.#errors++;
    return this.#errors > this.#rules.errors ? this.#close(replies.tooManyErrors, 'too-many-errors') : reply;
  }
}

/** The empty reply: the engine writes nothing. */
export const NOTHING_YET: Reply = Object.freeze({ code: 0, text: [] });

// eslint-disable-next-line no-control-regex
const hasControl = (text: string): boolean => /[\x00-\x1f\x7f]/.test(text);

function parseBdat(argument: string): { octets: number; last: boolean } | undefined {
  const match = /^(\d{1,15})(?: +(LAST))?$/i.exec(argument);
  return match === null ? undefined : { octets: Number(match[1]), last: match[2] !== undefined };
}
