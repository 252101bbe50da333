/** Dates as RFC 5322 §3.3 writes them: written, checked, and mended where somebody wrote them in another way. */
import { readDateWords } from './date-words.js';
import type { DateParts } from './date-words.js';

/** `Sat, 21 Nov 2026 10:00:00 +0000` */
export function formatDate(time: Date): string {
  return time.toUTCString().replace('GMT', '+0000');
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// RFC 5322 §3.3, with the zones of §4.3. A year of two digits is left to be mended: nobody should have to guess it.
const DATE_TIME =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s*,)?\s*(\d{1,2})\s+(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+(\d{4})\s+(\d\d)\s*:\s*(\d\d)(?:\s*:\s*(\d\d))?\s+([+-]\d\d[0-5]\d|UT|GMT|[ECMP][SD]T|[A-IK-Z])$/i;

/** True if `value` is a date-time as the grammar wants it, and there is such a day and such a time. Comments are allowed. */
export function isValidDate(value: string): boolean {
  const match = DATE_TIME.exec((value.includes('(') ? withoutComments(value) : value).trim());
  if (match === null) return false;
  const [, day, month, year, hour, minute, second] = match;
  const index = MONTHS.findIndex((name) => name.toLowerCase() === month?.toLowerCase());
  return isTime({
    year: Number(year),
    month: index + 1,
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second ?? 0),
    offset: 0,
  });
}

// Whatever is longer is no date, and must not keep the patterns below busy.
const LONGEST = 100;

/**
 * What a valid date would be that says the same, or undefined if nobody can tell.
 *
 * Understood are the forms that mess822 knows (mess822_when(3)), and besides: ISO 8601, ctime(3), `21-Nov-2026`, offsets
 * like `GMT+0100` and `+01:00`, and a missing zone.
 */
export function mendDate(value: string): string | undefined {
  // mess822 would read +01:00 as one minute.
  const text = withoutComments(value)
    .trim()
    .replace(/([+-]\d\d):(\d\d)$/, '$1$2');
  if (text.length > LONGEST) return undefined;
  const parts = readDateWords(text) ?? readIso(text) ?? readCtime(text) ?? readDateWords(regular(text));
  return parts !== undefined && isTime(parts) ? formatParts(parts) : undefined;
}

/** `Thu, 29 Aug 1996 14:04:52 -0500` */
function formatParts(parts: DateParts): string {
  const weekday = DAYS[new Date(Date.UTC(parts.year, parts.month - 1, parts.day)).getUTCDay()] ?? '';
  const clock = [parts.hour, parts.minute, parts.second].map(twoDigits).join(':');
  return `${weekday}, ${parts.day} ${MONTHS[parts.month - 1] ?? ''} ${parts.year} ${clock} ${zone(parts.offset)}`;
}

/** `undefined`: the time is UTC, and where it was written is not known (RFC 5322 §3.3, `-0000`). */
export function zone(offset: number | undefined): string {
  if (offset === undefined) return '-0000';
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}${twoDigits(minutes % 60)}`;
}

export const twoDigits = (value: number): string => String(value).padStart(2, '0');

function isTime(parts: DateParts): boolean {
  const { year, month, day, hour, minute, second, offset } = parts;
  if (year < 1900 || year > 9999 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return false;
  if (hour > 23 || minute > 59 || second > 60 || Math.abs(offset ?? 0) > 99 * 60) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** RFC 5322 comments, nested; an unclosed one goes on to the end. */
function withoutComments(value: string): string {
  let depth = 0;
  let text = '';
  for (let i = 0; i < value.length; i++) {
    const character = value[i] as string;
    if (character === '\\' && depth > 0) i++;
    else if (character === '(') depth++;
    else if (character === ')' && depth > 0) depth--;
    else if (depth === 0) text += character;
    if (depth === 0 && character === ')') text += ' ';
  }
  return text;
}

/** `2026-11-21T10:00:00Z`, `2026-11-21 10:00:00 +01:00`. */
function readIso(text: string): DateParts | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)[T\s]+(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i.exec(
    text,
  );
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, offset] = match;
  return {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second ?? 0),
    offset: offset === undefined ? undefined : /^[+-]/.test(offset) ? readOffset(offset) : 0,
  };
}

function readOffset(text: string): number {
  const digits = text.replace(/\D/g, '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return text.startsWith('-') ? -minutes : minutes;
}

/** `Sat Nov 21 10:00:00 2026`, also with a zone before or after the year (ctime(3), date(1)). */
function readCtime(text: string): DateParts | undefined {
  const match =
    /^(?:[a-z]{3,9},?\s+)?([a-z]{3})[a-z]*\s+(\d{1,2}),?\s+(\d{1,2}:\d\d(?::\d\d)?)\s+(?:(\S+)\s+)?(\d{4})(?:\s+(\S+))?$/i.exec(
      text,
    );
  if (match === null) return undefined;
  const [, month, day, clock, before, year, after] = match;
  return readDateWords(
    regular(`${day ?? ''} ${month ?? ''} ${year ?? ''} ${clock ?? ''} ${before ?? after ?? ''}`.trim()),
  );
}

/** Zones that mess822 does not know and mail clients write all the same. */
const MORE_ZONES: Readonly<Record<string, string>> = {
  UTC: '+0000',
  Z: '+0000',
  WET: '+0000',
  WEST: '+0100',
  MEZ: '+0100',
  CEST: '+0200',
  MESZ: '+0200',
  SAST: '+0200',
  EEST: '+0300',
  MSK: '+0300',
  AEST: '+1000',
  AEDT: '+1100',
  NZST: '+1200',
  NZDT: '+1300',
  HST: '-1000',
  AKST: '-0900',
  AKDT: '-0800',
};

/** Dashes, long names, colons in offsets, `UTC`, a missing zone: made as mess822 expects them. */
function regular(text: string): string {
  const plain = text
    .replace(/^[a-z]+\.?,?\s+/i, '')
    .replace(/^(\d{1,2})[-\s./]+([a-z]{3})[a-z.]*[-\s./,]+(\d{2,4})\b,?/i, '$1 $2 $3')
    .replace(
      /\b(?:GMT|UTC?|Z)\s*([+-])(\d{1,2})(?::?(\d\d))?$/i,
      (_, sign: string, hours: string, minutes?: string) => `${sign}${hours.padStart(2, '0')}${minutes ?? '00'}`,
    )
    .replace(/(:\d\d)([+-]\d{4})$/, '$1 $2')
    .replace(/\b[A-Z]{1,4}$/i, (name) => MORE_ZONES[name.toUpperCase()] ?? name);
  return /:\d\d(?:\.\d+)?$/.test(plain) ? `${plain.replace(/\.\d+$/, '')} -0000` : plain;
}
