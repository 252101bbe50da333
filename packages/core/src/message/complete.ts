/**
 * What a header lacks, and what it gets (RFC 6409 §8, ofmipd(8)). Works on the whole header, held in memory; must not know
 * the body. Every octet that needs no change stays where it is: fields are added at the end, never moved.
 */
import type { Mailbox } from '../base/mailbox.js';
import { formatMailbox, sameMailbox } from '../base/mailbox.js';
import { completeList } from './address-completion.js';
import type { Change } from './changes.js';
import { formatDate, isValidDate, mendDate } from './date.js';
import { applyEdits } from './edits.js';
import type { Edit } from './edits.js';
import type { MessageFacts } from './facts.js';
import { foldLongLines } from './fold.js';
import { formatNamed } from './from-field.js';
import type { Field, Header } from './header-fields.js';
import { fieldText, fieldValue, writtenName } from './header-fields.js';
import { newMessageId } from './message-id.js';
import { envelopeSender } from './names-choice.js';
import type { ChosenName } from './names-choice.js';
import { octetsOf } from './octet-text.js';
import type { MessageOptions } from './options.js';

/** A header made whole. */
export interface CompletedHeader {
  /** Without Received and without the empty line; undefined if nothing changed. One character an octet. */
  readonly text: string | undefined;
  readonly authors: readonly Mailbox[];
  readonly messageId: string;
}

/** What a header is completed with. */
export interface Completion {
  readonly facts: MessageFacts;
  readonly options: MessageOptions;
  /** What a name table says about the envelope sender. */
  readonly chosen: ChosenName | undefined;
  /** Fields that the policy for duplicates takes away. */
  readonly surplus: ReadonlySet<Field>;
  /** Absent: nobody wants to know. */
  readonly record?: (change: Change) => void;
}

/** Completes a header in place. */
export function completeHeader(header: Header, completion: Completion): CompletedHeader {
  return new HeaderCompletion(header, completion).complete();
}

class HeaderCompletion {
  readonly #header: Header;
  readonly #with: Completion;
  readonly #edits: Edit[] = [];
  readonly #present = new Set<string>();
  readonly #authors: Mailbox[] = [];
  #from: readonly Mailbox[] = [];
  #messageId: string | undefined;
  #anyDate: boolean | undefined;
  /** Whatever is mended might be signed: then nothing is, but hosts are completed. */
  readonly #mend: boolean;

  constructor(header: Header, completion: Completion) {
    this.#header = header;
    this.#with = completion;
    this.#mend = !header.fields.some((field) => field.role === 'signature');
  }

  complete(): CompletedHeader {
    for (const field of this.#header.fields) this.#field(field);
    const added = this.#missing();
    const { text } = this.#header;
    // The last line of a message without body may lack its line end.
    const open = text.length > 0 && !text.endsWith('\n') && this.#edits.at(-1)?.end !== text.length;
    const changed = this.#edits.length > 0 || added !== '' || open;
    return {
      text: changed ? `${applyEdits(text, this.#edits)}${open ? '\n' : ''}${added}` : undefined,
      authors: this.#authors,
      messageId: this.#messageId ?? '',
    };
  }

  #field(field: Field): void {
    if (this.#with.surplus.has(field)) return this.#drop(field, 'duplicate');
    switch (field.role) {
      case 'dropped':
        return this.#drop(field, 'not-for-others');
      case 'addresses':
      case 'authors':
        return field.name === 'from' && this.#with.chosen !== undefined
          ? this.#replaceFrom(field, this.#with.chosen)
          : this.#addresses(field);
      case 'date':
        return this.#date(field);
      case 'message-id':
        return this.#messageIdField(field);
      default:
    }
  }

  #addresses(field: Field): void {
    const { text } = this.#header;
    const offset = field.span.valueStart;
    const value = text.slice(offset, field.span.end);
    const list = completeList(value, this.#with.options.rewrite, this.#mend);
    if (list.empty) return this.#drop(field, 'empty');
    this.#present.add(field.name);
    if (field.role === 'authors') this.#authors.push(...list.mailboxes);
    if (field.name === 'from') this.#from = [...this.#from, ...list.mailboxes];
    if (list.edits.length === 0) return;
    const completed = foldLongLines(applyEdits(value, list.edits), offset - field.span.start);
    this.#replaceValue(
      field,
      completed,
      list.edits.map((edit) => edit.rule),
    );
  }

  /** A name table decides what From is; several become one. */
  #replaceFrom(field: Field, chosen: ChosenName): void {
    if (this.#present.has('from')) return this.#drop(field, 'name-table');
    this.#present.add('from');
    const value = this.#namedFrom(chosen);
    if (fieldValue(this.#header, field) !== value.replace(/\n/g, ''))
      this.#replaceValue(field, ` ${value}\n`, ['name-table']);
  }

  #namedFrom(chosen: ChosenName): string {
    const address = chosen.entry.address ?? this.#with.facts.sender;
    this.#from = address === null ? [] : [address];
    // The server's own table is the operator's word; a user's own has to pass the sender policy.
    if (chosen.own) this.#authors.push(...this.#from);
    return formatNamed(chosen.entry.name, address);
  }

  #date(field: Field): void {
    const value = fieldValue(this.#header, field);
    if (isValidDate(value) || (!this.#mend && value !== '')) {
      this.#present.add('date');
      return;
    }
    const mended = mendDate(value);
    // A date that nobody understands is worth less than another one.
    if (mended === undefined && (this.#present.has('date') || this.#dateUnderstood())) {
      return this.#drop(field, 'date-not-understood');
    }
    this.#present.add('date');
    const rule = mended === undefined ? 'date-not-understood' : 'date-mended';
    this.#replaceValue(field, ` ${mended ?? formatDate(this.#with.facts.time)}\n`, [rule]);
  }

  /** Whether any Date field says something. Looked up once: there may be very many. */
  #dateUnderstood(): boolean {
    this.#anyDate ??= this.#header.fields
      .filter((field) => field.role === 'date' && !this.#with.surplus.has(field))
      .map((field) => fieldValue(this.#header, field))
      .some((value) => isValidDate(value) || mendDate(value) !== undefined);
    return this.#anyDate;
  }

  #messageIdField(field: Field): void {
    const value = fieldValue(this.#header, field);
    if (value === '') return this.#drop(field, 'empty');
    this.#present.add('message-id');
    this.#messageId ??= value;
  }

  /** The fields that have to be there and are not. */
  #missing(): string {
    const { facts, options, chosen } = this.#with;
    let added = '';
    const add = (name: string, value: string, rule: string): void => {
      added += `${name}: ${value}\n`;
      this.#with.record?.({ field: name, action: 'added', rules: [rule], after: `${name}: ${value}` });
    };
    if (!this.#present.has('date')) add('Date', formatDate(facts.time), 'date-missing');
    if (this.#messageId === undefined) {
      this.#messageId = newMessageId(facts.time, facts.id, options.idHost);
      add('Message-ID', this.#messageId, 'message-id-missing');
    }
    if (!this.#present.has('from')) {
      if (chosen === undefined) add('From', this.#madeFrom(), 'from-missing');
      else add('From', this.#namedFrom(chosen), 'name-table');
    }
    const sender = this.#missingSender();
    if (sender !== undefined) add('Sender', octetsOf(formatMailbox(sender)), 'sender-not-author');
    // RFC 822 §4.1 wanted a destination, and qmail's tools never let a message go without.
    if (!this.#present.has('to') && !this.#present.has('cc'))
      add('Cc', 'recipient list not shown: ;', 'no-recipient-shown');
    return added;
  }

  /** From the envelope sender; where that is null, from the login. */
  #madeFrom(): string {
    const { facts, options } = this.#with;
    const author = facts.sender ??
      loginMailbox(facts.login, options.rewrite) ?? { localPart: 'MAILER-DAEMON', domain: facts.hostname };
    this.#from = [author];
    if (facts.login !== undefined || facts.sender !== null) this.#authors.push(author);
    return octetsOf(formatMailbox(author));
  }

  /** RFC 6409 §8.1. */
  #missingSender(): Mailbox | undefined {
    if (!this.#with.options.addSender || this.#present.has('sender')) return undefined;
    const sender = envelopeSender(this.#with.facts, this.#with.chosen);
    const [author] = this.#from;
    if (sender === null) return undefined;
    return this.#from.length === 1 && author !== undefined && sameMailbox(author, sender) ? undefined : sender;
  }

  #drop(field: Field, rule: string): void {
    const { start, end } = field.span;
    this.#edits.push({ start, end, text: '', rule });
    const before = fieldText(this.#header, field).slice(0, -1);
    this.#with.record?.({ field: writtenName(this.#header, field), action: 'dropped', rules: [rule], before });
  }

  #replaceValue(field: Field, value: string, rules: readonly string[]): void {
    const text = value.endsWith('\n') ? value : `${value}\n`;
    this.#edits.push({ start: field.span.valueStart, end: field.span.end, text, rule: rules[0] ?? '' });
    if (this.#with.record === undefined) return;
    const before = fieldText(this.#header, field).slice(0, -1);
    const name = this.#header.text.slice(field.span.start, field.span.valueStart);
    const after = `${name}${text}`.slice(0, -1);
    this.#with.record({
      field: writtenName(this.#header, field),
      action: 'changed',
      rules: [...new Set(rules)],
      before,
      after,
    });
  }
}

function loginMailbox(login: string | undefined, rewrite: MessageOptions['rewrite']): Mailbox | undefined {
  // eslint-disable-next-line no-control-regex
  if (login === undefined || login === '' || /[\x00-\x1f\x7f]/.test(login)) return undefined;
  const at = login.lastIndexOf('@');
  return rewrite(
    at < 1 ? { localPart: login, domain: '' } : { localPart: login.slice(0, at), domain: login.slice(at + 1) },
  );
}
