/**
 * A date as mess822 reads it (mess822_when(3)): day, month, year, hour:minute[:second] and zone, in this order, after the
 * last comma. Must not judge: whether there is such a day is for others to say.
 */
import { tokenValue, tokenize } from './address-tokens.js';

export interface DateParts {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Minutes east of Greenwich; undefined for `-0000`. */
  readonly offset: number | undefined;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Minutes; the zones that mess822 knows. */
const ZONES: Readonly<Record<string, number>> = {
  ut: 0,
  gmt: 0,
  bst: 60,
  cdt: -300,
  cet: 60,
  cst: -360,
  edt: -240,
  eet: 120,
  est: -300,
  hkt: 480,
  ist: 120,
  jst: 540,
  mdt: -360,
  met: 60,
  metdst: 120,
  mst: -420,
  pdt: -420,
  pst: -480,
};

/** Words and colons after the last comma or semicolon; the rest is passed over. */
function wordsOf(text: string): string[] {
  const tokens = tokenize(text);
  const from = tokens.findLastIndex((token) => token.kind === ',' || token.kind === ';') + 1;
  return tokens
    .slice(from)
    .filter(({ kind }) => kind === 'word' || kind === ':' || kind === 'quoted' || kind === 'literal')
    .map((token) => (token.kind === ':' ? ':' : `=${tokenValue(text, token)}`));
}

const isNumber = (word: string | undefined): word is string => word !== undefined && /^=[+-]?\d*$/.test(word);

/** undefined if a part is missing or is not what should stand there. */
export function readDateWords(text: string): DateParts | undefined {
  const words = wordsOf(text).values();
  const plain = (): string | undefined => {
    for (const word of words) if (word !== ':') return word;
    return undefined;
  };
  const day = plain();
  const month = isNumber(day) ? MONTHS.indexOf((plain() ?? '=').slice(1).toLowerCase()) : -1;
  const year = month < 0 ? undefined : plain();
  const hour = isNumber(year) ? plain() : undefined;
  if (!isNumber(day) || !isNumber(year) || !isNumber(hour) || words.next().value !== ':') return undefined;
  const minute = plain();
  if (!isNumber(minute)) return undefined;
  let next = words.next().value;
  let second: string | undefined = '=0';
  if (next === ':') {
    second = plain();
    next = plain();
  }
  if (!isNumber(second) || next === undefined) return undefined;
  const offset = zoneOf(next, plain());
  if (offset === undefined) return undefined;
  return {
    year: fullYear(numberOf(year)),
    month: month + 1,
    day: numberOf(day),
    hour: numberOf(hour),
    minute: numberOf(minute),
    second: numberOf(second),
    offset: next === '=-0000' ? undefined : offset,
  };
}

const numberOf = (word: string): number => Number(word.slice(1).replace(/^[+-]?$/, '0'));

/** mess822_when(3): below 50 is 20xx, below 999 is counted from 1900. */
function fullYear(year: number): number {
  if (year < 50) return year + 2000;
  return year < 999 ? year + 1900 : year;
}

function zoneOf(word: string, after: string | undefined): number | undefined {
  const summer = after?.toLowerCase() === '=dst' ? 60 : 0;
  const value = isNumber(word) ? numberOf(word) : undefined;
  if (value === undefined) {
    const offset = ZONES[word.slice(1).toLowerCase()];
    return offset === undefined ? undefined : offset + summer;
  }
  const minutes = Math.floor(Math.abs(value) / 100) * 60 + (Math.abs(value) % 100);
  return (value < 0 ? -minutes : minutes) + summer;
}
