/** A header as ofmipd prints it: fields in its order, lists in its formatting (ofmipd(8)). */
import type { Mailbox } from '../base/mailbox.js';
import { rawAddress } from '../base/mailbox.js';
import type { CompletedHeader, Completion } from './complete.js';
import type { DateParts } from './date-words.js';
import { readDateWords } from './date-words.js';
import { MONTHS, twoDigits, zone } from './date.js';
import type { Field, Header } from './header-fields.js';
import { fieldText, fieldValue } from './header-fields.js';
import { envelopeSender } from './names-choice.js';
import { mailboxOf } from './names.js';
import { octetsOf, textOf } from './octet-text.js';
import { headerChanges } from './ofmipd-changes.js';
import { printList, quoteAddress, readList, rewriteList } from './ofmipd-list.js';
import type { ListItem } from './ofmipd-list.js';

/** Fields that go first, as they are. */
const TOP: ReadonlySet<string> = new Set([
  'received',
  'delivered-to',
  'errors-to',
  'return-receipt-to',
  'resent-sender',
  'resent-from',
  'resent-reply-to',
  'resent-to',
  'resent-cc',
  'resent-bcc',
  'resent-date',
  'resent-message-id',
]);

const DROPPED: ReadonlySet<string> = new Set(['bcc', 'return-path', 'apparently-to', 'content-length']);

const LISTS = [
  ['from', 'From'],
  ['sender', 'Sender'],
  ['reply-to', 'Reply-To'],
  ['mail-reply-to', 'Mail-Reply-To'],
  ['mail-followup-to', 'Mail-Followup-To'],
  ['to', 'To'],
  ['cc', 'Cc'],
  ['notice-requested-upon-delivery-to', 'Notice-Requested-Upon-Delivery-To'],
] as const;

type ListName = (typeof LISTS)[number][0];

const LIST_NAMES: ReadonlySet<string> = new Set(LISTS.map(([name]) => name));

/** Builds the header anew. */
export function ofmipdHeader(header: Header, completion: Completion): CompletedHeader {
  const { facts, options, chosen } = completion;
  const fields = header.fields.filter((field) => !completion.surplus.has(field));
  const lists = new Map<ListName, ListItem[]>(
    LISTS.map(([name]) => {
      const items = fields.filter((field) => field.name === name).flatMap((field) => readList(rawValue(header, field)));
      return [name, name === 'from' && chosen !== undefined ? [] : rewriteList(items, options.rewrite)];
    }),
  );
  const list = (name: ListName): readonly ListItem[] => lists.get(name) ?? [];
  const dates = fields
    .filter((field) => field.name === 'date')
    .map((field) => readDateWords(fieldValue(header, field)));
  const date = dates.findLast((parts) => parts !== undefined) ?? partsOf(facts.time);
  const ids = fields.filter((field) => field.name === 'message-id');
  const made = `<${stamp(date)}.${facts.id.replace(/[^A-Za-z0-9_-]+/g, '-')}.qmail@${options.idHost}>`;
  const sender = envelopeSender(facts, chosen);
  const from = list('from');
  const text = [
    ...fields.filter((field) => TOP.has(field.name)).map((field) => fieldText(header, field)),
    `Date: ${formatParts(date)}\n`,
    ...(ids.length > 0 ? ids.map((field) => fieldText(header, field)) : [`Message-ID: ${made}\n`]),
    from.length > 0 ? printList('From', from) : `From: ${madeFrom(sender, chosen?.entry.name)}\n`,
    ...LISTS.slice(1, 5).map(([name, shown]) => printList(shown, list(name))),
    list('to').length === 0 && list('cc').length === 0 ? 'Cc: recipient list not shown: ;\n' : '',
    ...LISTS.slice(5).map(([name, shown]) => printList(shown, list(name))),
    ...fields.filter(isOther).map((field) => fieldText(header, field)),
  ].join('');
  if (completion.record !== undefined) headerChanges(header, text).forEach(completion.record);
  const first = ids[0];
  return {
    text,
    authors: authorsOf([...from, ...list('sender')], from.length === 0 && (chosen?.own ?? true) ? sender : null),
    messageId: (first === undefined ? '' : fieldValue(header, first)) || made,
  };
}

const isOther = ({ name }: Field): boolean =>
  !TOP.has(name) && !DROPPED.has(name) && !LIST_NAMES.has(name) && name !== 'date' && name !== 'message-id';

const rawValue = (header: Header, field: Field): string =>
  header.text.slice(field.span.valueStart, field.span.end).replace(/\n/g, '');

const madeFrom = (sender: Mailbox | null, name: string | undefined): string =>
  quoteAddress(sender === null ? '' : octetsOf(rawAddress(sender)), name === undefined ? undefined : octetsOf(name));

function authorsOf(items: readonly ListItem[], made: Mailbox | null): Mailbox[] {
  const found = items
    .filter((item) => item.kind === 'address')
    .map((item) => mailboxOf(textOf(item.text)))
    .filter((mailbox) => mailbox !== null);
  return made === null ? found : [...found, made];
}

/** `21 Nov 2026 10:00:00 -0000`: no day of the week, and the zone as it was written (mess822_date(3)). */
export function formatParts(parts: DateParts): string {
  const month = MONTHS[Math.min(Math.max(parts.month, 1), 12) - 1] ?? '';
  const clock = [parts.hour, parts.minute, parts.second].map(twoDigits).join(':');
  return `${parts.day} ${month} ${parts.year} ${clock} ${zone(parts.offset)}`;
}

const stamp = (parts: DateParts): string =>
  `${parts.year}${[parts.month, parts.day, parts.hour, parts.minute, parts.second].map(twoDigits).join('')}`;

/** The time of DATA, whose zone ofmipd does not know. */
export const partsOf = (time: Date): DateParts => ({
  year: time.getUTCFullYear(),
  month: time.getUTCMonth() + 1,
  day: time.getUTCDate(),
  hour: time.getUTCHours(),
  minute: time.getUTCMinutes(),
  second: time.getUTCSeconds(),
  offset: undefined,
});
