/**
 * Reads an address list (RFC 5322 §3.4 and §4.4, RFC 6854) where it stands, and says where each address is, so that a
 * host can be put in or changed and every other octet stays. Also says how to mend what is missing between addresses.
 *
 * What ofmipd takes for an address is one here: words without a comma between them are addresses of their own. What can
 * be read in no such way is left alone.
 */
import type { AddressSpan } from './address-span.js';
import { spanOf, splitAddresses } from './address-span.js';
import type { Token } from './address-tokens.js';
import { isEncodedWord, isOpen, tokenize } from './address-tokens.js';
import type { Edit } from './edits.js';
import { mendPhrase } from './phrase.js';

export interface AddressList {
  /** Those that may be completed. */
  readonly addresses: readonly AddressSpan[];
  /** What looks like an address where nothing can be understood; never changed, but shown to the sender policy. */
  readonly doubtful: readonly AddressSpan[];
  /** What to put in or replace so that the list follows the grammar. */
  readonly mends: readonly Edit[];
  /** There is nothing but blanks and separators. */
  readonly empty: boolean;
}

/** Reads any list. */
export function readAddressList(text: string): AddressList {
  return new ListReader(text, tokenize(text)).read();
}

class ListReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #addresses: AddressSpan[] = [];
  readonly #doubtful: AddressSpan[] = [];
  readonly #mends: Edit[] = [];
  /** Tokens since the last separator or closed angle bracket: a phrase, or addresses without brackets. */
  #pending: Token[] = [];
  /** Where the last item ended, if no separator has come since. */
  #openEnd = -1;
  #inGroup = false;
  /** Of a `;` outside of any group, while nothing follows it. */
  #straySemicolon: Token | undefined;
  #something = false;
  /** Every part of the list is: only then is anything mended, since a comma in the wrong place makes matters worse. */
  #understood = true;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  read(): AddressList {
    const tokens = this.#tokens;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as Token;
      if (token.kind !== 'blank' && token.kind !== ',' && token.kind !== ';') this.#something = true;
      switch (token.kind) {
        case '<':
          i = this.#angle(i);
          break;
        case ',':
          this.#separate();
          break;
        case ';':
          this.#semicolon(token);
          break;
        case ':':
          // What came before is the name of a group.
          if (this.#pending[0] === undefined) this.#understood = false;
          else this.#item(this.#pending[0].start);
          this.#pending = [];
          this.#openEnd = -1;
          this.#inGroup = true;
          break;
        case 'blank':
        case 'comment':
          if (this.#pending.length > 0) this.#pending.push(token);
          break;
        default:
          this.#pending.push(token);
      }
    }
    this.#plainAddresses();
    if (this.#straySemicolon !== undefined) this.#replace(this.#straySemicolon, '', 'separator-dropped');
    const last = this.#tokens.at(-1);
    if (last !== undefined && isOpen(this.#text, last)) this.#understood = false;
    const mends = this.#understood ? this.#mends : [];
    return { addresses: this.#addresses, doubtful: this.#doubtful, mends, empty: !this.#something };
  }

  #separate(): void {
    this.#plainAddresses();
    this.#openEnd = -1;
  }

  #semicolon(token: Token): void {
    this.#separate();
    if (this.#inGroup) {
      this.#inGroup = false;
      this.#openEnd = token.end;
    } else {
      this.#mendSemicolon();
      this.#straySemicolon = token;
    }
  }

  #mendSemicolon(): void {
    if (this.#straySemicolon !== undefined) this.#replace(this.#straySemicolon, ',', 'separator-mended');
    this.#straySemicolon = undefined;
  }

  /** Something begins at `start`: a comma belongs between it and what came before. */
  #item(start: number): void {
    this.#mendSemicolon();
    if (this.#openEnd < 0) return;
    const gap = this.#openEnd < start ? ',' : ', ';
    this.#mends.push({ start: this.#openEnd, end: this.#openEnd, text: gap, rule: 'comma-added' });
  }

  /** `[phrase] <...>`; returns the index of its last token. */
  #angle(open: number): number {
    const close = this.#closingBracket(open);
    if (close < 0 || this.#pending.some((token) => token.kind === '>')) {
      const end = this.#endOfItem(open);
      this.#notUnderstood(open + 1, end);
      return end - 1;
    }
    this.#item(this.#pending[0]?.start ?? (this.#tokens[open] as Token).start);
    if (this.#pending.length > 0) mendPhrase(this.#text, this.#pending, this.#mends);
    this.#pending = [];
    this.#openEnd = (this.#tokens[close] as Token).end;
    const inner = this.#withoutRoute(open + 1, close);
    if (inner === undefined) {
      this.#notUnderstood(open + 1, close);
      return close;
    }
    const runs = splitAddresses(inner);
    if (runs.length === 1) this.#address(spanOf(this.#text, runs[0] as Token[]));
    else if (runs.length > 1) this.#notUnderstood(open + 1, close);
    return close;
  }

  /** Index of the `>` that belongs to the `<` at `open`, or -1. */
  #closingBracket(open: number): number {
    for (let i = open + 1; i < this.#tokens.length; i++) {
      const kind = this.#tokens[i]?.kind;
      if (kind === '>') return i;
      if (kind === '<' || kind === ';') return -1;
      // A comma is at home in a route only (RFC 5322 §4.4).
      if (kind === ',' && this.#firstSolid(open + 1) !== '@') return -1;
    }
    return -1;
  }

  #firstSolid(from: number): string | undefined {
    return this.#tokens.slice(from, from + 3).find((token) => token.kind !== 'blank' && token.kind !== 'comment')?.kind;
  }

  /** Tokens of the address inside of angle brackets; undefined if there are separators that no route explains. */
  #withoutRoute(from: number, to: number): Token[] | undefined {
    const tokens = this.#tokens.slice(from, to);
    const colon = tokens.findLastIndex((token) => token.kind === ':');
    if (colon >= 0 && this.#firstSolid(from) !== '@') return undefined;
    return colon < 0 && tokens.some((token) => token.kind === ',') ? undefined : tokens.slice(colon + 1);
  }

  /** Index of the token after the item that begins at `from`. */
  #endOfItem(from: number): number {
    for (let i = from + 1; i < this.#tokens.length; i++) {
      const kind = this.#tokens[i]?.kind;
      if (kind === ',' || kind === ';' || kind === '<') return i;
    }
    return this.#tokens.length;
  }

  #notUnderstood(from: number, to: number): void {
    const tokens = [...this.#pending, ...this.#tokens.slice(from, to)];
    this.#pending = [];
    this.#understood = false;
    for (const run of splitAddresses(tokens)) this.#doubtful.push(spanOf(this.#text, run));
  }

  #address(span: AddressSpan): void {
    this.#understood &&= span.understood;
    this.#addresses.push(span);
  }

  #plainAddresses(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    const runs = splitAddresses(pending);
    const spans = runs.map((run) => spanOf(this.#text, run));
    const odd = pending.some((token) => token.kind === '>' || isOpen(this.#text, token));
    // An encoded word is no address (RFC 2047 §5): this is a name whose brackets are missing.
    if (odd || runs.some((run) => this.#isEncodedWord(run))) {
      this.#understood = false;
      for (const span of spans) (span.hasAt && !odd ? this.#addresses : this.#doubtful).push(span);
      return;
    }
    for (const span of spans) {
      this.#item(span.start);
      this.#address(span);
      this.#openEnd = span.hostEnd;
    }
  }

  #isEncodedWord(run: readonly Token[]): boolean {
    const [only] = run;
    return run.length === 1 && only !== undefined && isEncodedWord(this.#text.slice(only.start, only.end));
  }

  #replace(token: Token, text: string, rule: string): void {
    this.#mends.push({ start: token.start, end: token.end, text, rule });
  }
}
