/**
 * Address lists as mess822 reads and prints them (mess822_addr(3), mess822_quote(3), mess822_fold(3)), for those who compare
 * with ofmipd octet by octet. Groups become flat, comments and names become quoted strings: that is how it is.
 */
import type { Token, TokenKind } from './address-tokens.js';
import { tokenValue, tokenize } from './address-tokens.js';
import type { Rewrite } from './rewrite.js';

/** An address `local@host`, unquoted, or a comment. A comment belongs to the address right after it. Octets. */
export interface ListItem {
  readonly kind: 'address' | 'comment';
  readonly text: string;
}

const OF_ADDRESSES: ReadonlySet<TokenKind> = new Set<TokenKind>(['word', 'quoted', 'literal', '.', '@']);

/** What leaves no trace in a comment. */
const SILENT: ReadonlySet<TokenKind> = new Set<TokenKind>([',', ';', ':', '<', '>']);

/** Reads a list from its end to its start, as mess822 does: only so a word can know that a bracket follows. */
export function readList(value: string): ListItem[] {
  return new BackwardReader(value).read();
}

class BackwardReader {
  readonly #value: string;
  readonly #tokens: Token[];
  readonly #items: ListItem[] = [];
  /** Of the address being read, the last piece first. */
  #address: string[] = [];
  #open = false;
  #hasAt = false;
  #comment: string[] = [];

  constructor(value: string) {
    this.#value = value;
    this.#tokens = tokenize(value).reverse();
  }

  read(): ListItem[] {
    let inPhrase = false;
    let wordAllowed = true;
    for (let i = 0; i < this.#tokens.length; i++) {
      const token = this.#tokens[i] as Token;
      if (inPhrase && token.kind !== ',' && token.kind !== ';' && token.kind !== ':' && token.kind !== '>') {
        this.#addComment(token);
        continue;
      }
      if (inPhrase) this.#closeAddress();
      if (inPhrase) wordAllowed = true;
      inPhrase = false;
      switch (token.kind) {
        case 'blank':
          this.#comment.push(' ');
          break;
        case ',':
        case ';':
          this.#closeAddress();
          this.#closeComment();
          wordAllowed = true;
          break;
        case 'comment':
          this.#comment.push(' ', this.#tokenValue(token), ' ');
          break;
        case 'word':
        case 'quoted':
        case 'literal':
          if (!wordAllowed) this.#closeAddress();
          this.#addAddress(token);
          wordAllowed = false;
          break;
        case '>':
          i = this.#brackets(i);
          inPhrase = true;
          break;
        case ':':
          inPhrase = true;
          break;
        default:
          this.#addAddress(token);
          wordAllowed = true;
      }
    }
    this.#closeAddress();
    this.#closeComment();
    return this.#items.reverse();
  }

  /** From `>` back to `<`; a route goes to the comment. Returns the index of the last token read. */
  #brackets(from: number): number {
    this.#closeAddress();
    this.#open = true;
    let route = false;
    for (let i = from + 1; i < this.#tokens.length; i++) {
      const token = this.#tokens[i] as Token;
      if (token.kind === '<') return i;
      if (token.kind === ':') route = true;
      else if (route) this.#addComment(token);
      else this.#addAddress(token);
    }
    return this.#tokens.length;
  }

  #addAddress(token: Token): void {
    if (!OF_ADDRESSES.has(token.kind)) return this.#addComment(token);
    this.#open = true;
    if (token.kind === '@') this.#hasAt = true;
    this.#address.push(this.#tokenValue(token));
  }

  #addComment(token: Token): void {
    if (SILENT.has(token.kind)) return;
    this.#comment.push(this.#tokenValue(token));
  }

  #closeAddress(): void {
    if (!this.#open) return;
    const text = this.#address.reverse().join('');
    this.#items.push({ kind: 'address', text: this.#hasAt ? text : `${text}@` });
    this.#closeComment();
    this.#open = false;
    this.#hasAt = false;
    this.#address = [];
  }

  #closeComment(): void {
    const text = this.#comment.reverse().join('').replace(/ +/g, ' ').replace(/^ | $/g, '');
    this.#comment = [];
    if (text !== '') this.#items.push({ kind: 'comment', text });
  }

  #tokenValue(token: Token): string {
    return tokenValue(this.#value, token);
  }
}

/** The host is what stands after the first @. */
export function rewriteList(items: readonly ListItem[], rewrite: Rewrite): ListItem[] {
  return items.map((item) => {
    const at = item.text.indexOf('@');
    if (item.kind === 'comment' || (at === 0 && item.text.length === 1)) return item;
    const localPart = item.text.slice(0, at);
    // A host alone is rewritten as well, but an address of two empty parts is not one.
    const { domain } = rewrite({ localPart: localPart === '' ? 'x' : localPart, domain: item.text.slice(at + 1) });
    return { kind: 'address', text: `${localPart}@${domain}` };
  });
}

/** The whole field with its line end; empty for an empty list. */
export function printList(name: string, items: readonly ListItem[]): string {
  if (items.length === 0) return '';
  const printed: string[] = [];
  let comment: string | undefined;
  for (const item of items) {
    if (item.kind === 'comment') {
      if (comment !== undefined) printed.push(`"${escape(comment)}": ;`);
      comment = item.text;
    } else {
      printed.push(quoteAddress(item.text, comment));
      comment = undefined;
    }
  }
  if (comment !== undefined) printed.push(`"${escape(comment)}": ;`);
  return fold(`${name}: `, printed);
}

// mess822_fold(3) with the length that ofmipd gives it.
const LINE_LENGTH = 78;

function fold(prefix: string, printed: readonly string[]): string {
  let column = prefix.length;
  const pieces = printed.map((text, i) => {
    const item = i < printed.length - 1 ? `${text},` : text;
    if (i > 0 && column + 1 + item.length > LINE_LENGTH) {
      column = 2 + item.length;
      return `\n  ${item}`;
    }
    column += item.length + (i > 0 ? 1 : 0);
    return i > 0 ? ` ${item}` : item;
  });
  return `${prefix}${pieces.join('')}\n`;
}

/** `local@host`, quoted where mess822 quotes; `"comment" <local@host>` with a comment. */
export function quoteAddress(address: string, comment?: string): string {
  const empty = address === '' || address === '@';
  const shown = empty ? '' : quotedAddress(address);
  if (comment !== undefined) return `"${escape(comment)}" <${shown}>`;
  return empty ? '<>' : shown;
}

function quotedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const local = quotePart(at < 0 ? address : address.slice(0, at));
  const host = at < 0 ? '' : address.slice(at + 1);
  if (host === '') return local;
  const literal = /^\[[\s\S]*\]$/.test(host);
  return `${local}@${literal ? `[${escape(host.slice(1, -1))}]` : quotePart(host)}`;
}

// Anything outside printable ASCII, a special character, or dots in the wrong place.
// eslint-disable-next-line no-control-regex
const NEEDS_QUOTES = /^$|^\.|\.$|\.\.|[\x00-\x20\x7f-\xff@<>[\](),;:"\\]/;

const quotePart = (part: string): string => (NEEDS_QUOTES.test(part) ? `"${escape(part)}"` : part);

const escape = (text: string): string => text.replace(/["\\[\]\r\0]/g, '\\$&');
