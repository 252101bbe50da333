/**
 * A message on its way to the queue: octets in, octets out. The header is held until it is complete, up to a limit; the
 * body passes through without being copied. Pure: no clock, no file, no socket.
 */
import type { Mailbox } from '../base/mailbox.js';
import { MessageFault } from '../base/message-fault.js';
import type { Change } from './changes.js';
import { ofmipdHeader } from './compat-ofmipd.js';
import { completeHeader } from './complete.js';
import { surplusFields } from './duplicates.js';
import type { MessageFacts } from './facts.js';
import { HeaderScanner } from './header-block.js';
import type { FieldSpan } from './header-block.js';
import { headerOf } from './header-fields.js';
import { HeldOctets } from './held-octets.js';
import { chooseName, envelopeSender } from './names-choice.js';
import type { ChosenName } from './names-choice.js';
import type { MessageOptions } from './options.js';
import { ofmipdReceived, receivedField } from './received.js';
import { SizeLimit } from './size-limit.js';

export type { MessageFacts } from './facts.js';
export type { MessageOptions } from './options.js';
export type { Change } from './changes.js';

/** One message being prepared. */
export interface Preparation {
  /**
   * More of the message: LF line ends, dots already unstuffed. What comes back goes to the queue in that order; the
   * chunks may share memory with the input.
   *
   * @throws MessageFault
   */
  push(chunk: Uint8Array): readonly Uint8Array[];
  /** The message is whole. @throws MessageFault */
  end(): readonly Uint8Array[];
  /** True once the header is complete: `authors`, `messageId` and `changes` are valid from then on. */
  readonly headerSeen: boolean;
  /** Every mailbox of every From and Sender field: the sender policy is asked for each. */
  readonly authors: readonly Mailbox[];
  /** With its angle brackets, whether the client gave it or we did. */
  readonly messageId: string | undefined;
  /** Octets read so far. */
  readonly size: number;
  /** The envelope sender for the queue: the one of the facts, or what a name table puts in its place. */
  readonly sender: Mailbox | null;
  /** What was done to the header; empty unless it was asked for. */
  readonly changes: readonly Change[];
}

/** Starts on a message. With `record`, `changes` is filled in. @throws Error for a damaged name table. */
export function prepareMessage(facts: MessageFacts, options: MessageOptions, record = false): Preparation {
  return new HeaderFirst(facts, options, record);
}

const NOTHING: readonly Uint8Array[] = [];
const LINE_END = Buffer.from('\n');

class HeaderFirst implements Preparation {
  readonly #facts: MessageFacts;
  readonly #options: MessageOptions;
  readonly #chosen: ChosenName | undefined;
  readonly #record: boolean;
  readonly #size: SizeLimit;
  readonly #scanner = new HeaderScanner();
  readonly #held = new HeldOctets();
  headerSeen = false;
  authors: readonly Mailbox[] = [];
  messageId: string | undefined;
  readonly sender: Mailbox | null;
  readonly changes: Change[] = [];

  constructor(facts: MessageFacts, options: MessageOptions, record: boolean) {
    this.#facts = facts;
    this.#options = options;
    this.#record = record;
    this.#size = new SizeLimit(options.sizeLimit);
    this.#chosen = chooseName(facts, options);
    this.sender = envelopeSender(facts, this.#chosen);
  }

  get size(): number {
    return this.#size.size;
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    this.#size.add(chunk.length);
    if (this.headerSeen) return chunk.length === 0 ? NOTHING : [chunk];
    const buffer = asBuffer(chunk);
    this.#held.add(buffer);
    const done = this.#scanner.push(buffer);
    const headerLength = done ? this.#scanner.end : this.#held.length;
    if (headerLength > this.#options.headerLimit) throw new MessageFault('header-too-big');
    return done ? this.#release() : NOTHING;
  }

  end(): readonly Uint8Array[] {
    if (this.headerSeen) return NOTHING;
    this.#scanner.finish();
    return this.#release();
  }

  #release(): readonly Uint8Array[] {
    const held = this.#held.take();
    const { end, ended, fields } = this.#scanner;
    const out = this.#header(held.subarray(0, end), fields);
    this.headerSeen = true;
    if (ended === 'other-line') {
      out.push(LINE_END);
      if (this.#record) this.changes.push({ field: '', action: 'added', rules: ['empty-line-missing'], after: '' });
    }
    if (end < held.length) out.push(held.subarray(end));
    return out;
  }

  #header(octets: Buffer, spans: readonly FieldSpan[]): Uint8Array[] {
    // RFC 5322 §2.2 knows no NUL, and a C program further on would read the field short.
    if (octets.includes(0)) throw new MessageFault('nul-byte');
    const header = headerOf(octets, spans);
    const hops = header.fields.filter((field) => field.role === 'hop').length;
    if (hops >= this.#options.hopLimit) throw new MessageFault('too-many-hops');
    const compat = this.#options.compat === 'ofmipd';
    const completed = (compat ? ofmipdHeader : completeHeader)(header, {
      facts: this.#facts,
      options: this.#options,
      chosen: this.#chosen,
      surplus: surplusFields(header.fields, this.#options.duplicates),
      ...(this.#record ? { record: (change: Change) => this.changes.push(change) } : {}),
    });
    this.authors = completed.authors;
    this.messageId = completed.messageId;
    const received = (compat ? ofmipdReceived : receivedField)(this.#facts, this.#options);
    return completed.text === undefined
      ? [Buffer.from(received, 'latin1'), octets]
      : [Buffer.from(received + completed.text, 'latin1')];
  }
}

const asBuffer = (chunk: Uint8Array): Buffer =>
  Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
