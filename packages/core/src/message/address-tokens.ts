/**
 * Cuts an address list into tokens that cover every octet. Must not know what the tokens mean together.
 *
 * More is a word here than in RFC 5322: whatever is no special character. Clients write worse than the grammar.
 */

export type TokenKind = 'word' | 'quoted' | 'literal' | 'comment' | 'blank' | '<' | '>' | ',' | ';' | ':' | '@' | '.';

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

const SPECIAL: Readonly<Record<string, TokenKind>> = {
  '<': '<',
  '>': '>',
  ',': ',',
  ';': ';',
  ':': ':',
  '@': '@',
  '.': '.',
  ' ': 'blank',
  '\t': 'blank',
  '\n': 'blank',
  '\r': 'blank',
  '"': 'quoted',
  '(': 'comment',
  '[': 'literal',
};

// A table of 256 is faster than a lookup by string.
const KINDS: readonly (TokenKind | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => SPECIAL[String.fromCharCode(code)],
);

const kindAt = (text: string, at: number): TokenKind | undefined => KINDS[text.charCodeAt(at)];

const BACKSLASH = 0x5c;

/** The tokens of `text`, in order, without gaps. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const kind = kindAt(text, at) ?? 'word';
    const end = endOf(kind, text, at);
    tokens.push({ kind, start: at, end });
    at = end;
  }
  return tokens;
}

function endOf(kind: TokenKind, text: string, start: number): number {
  switch (kind) {
    case 'word':
      return endOfWord(text, start);
    case 'blank':
      return endOfBlank(text, start);
    case 'quoted':
      return endOfDelimited(text, start, '"');
    case 'literal':
      return endOfDelimited(text, start, ']');
    case 'comment':
      return endOfDelimited(text, start, ')');
    default:
      return start + 1;
  }
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && kindAt(text, at) === undefined) {
    const escapes = text.charCodeAt(at) === BACKSLASH && at + 1 < text.length && text[at + 1] !== '\n';
    at += escapes ? 2 : 1;
  }
  return at;
}

function endOfBlank(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && kindAt(text, at) === 'blank') at++;
  return at;
}

// What is not closed goes on to the end.
const endOfDelimited = (text: string, start: number, close: string): number => {
  const at = closing(text, start, close);
  return at < 0 ? text.length : at + 1;
};

const CLOSING: Readonly<Partial<Record<TokenKind, string>>> = { quoted: '"', literal: ']', comment: ')' };

/** Where the token that begins at `start` is closed, or -1. Comments nest. */
function closing(text: string, start: number, close: string): number {
  const open = close === ')' ? '(' : undefined;
  let depth = 1;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === close && --depth === 0) return at;
    else if (character === open) depth++;
  }
  return -1;
}

/** What a token says: without quotes, backslashes and line ends; a literal keeps its brackets. */
export function tokenValue(text: string, token: Token): string {
  const raw = text.slice(token.start, token.end);
  if (token.kind === 'word') return raw.includes('\\') ? unescape(raw) : raw;
  const close = CLOSING[token.kind];
  if (close === undefined) return raw;
  const inside = unescape(raw.slice(1, closing(raw, 0, close) < 0 ? raw.length : -1));
  return token.kind === 'literal' ? `[${inside}]` : inside;
}

/** What follows would become part of it: nothing closes it, or it ends with a backslash that escapes nothing. */
export function isOpen(text: string, token: Token): boolean {
  if (token.kind === 'word') {
    return (
      text.charCodeAt(token.end - 1) === BACKSLASH && /(?<!\\)(?:\\\\)*\\$/.test(text.slice(token.start, token.end))
    );
  }
  if (token.end < text.length) return false;
  const close = CLOSING[token.kind];
  return close !== undefined && closing(text, token.start, close) < 0;
}

const unescape = (raw: string): string => raw.replace(/\n/g, '').replace(/\\([\s\S])/g, '$1');

/** RFC 2047 §2: `=?charset?encoding?text?=`. */
export const isEncodedWord = (raw: string): boolean => /^=\?[^?\s]+\?[bq]\?[^?\s]*\?=$/i.test(raw);
