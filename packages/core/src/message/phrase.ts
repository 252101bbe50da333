/** The name before an address (RFC 5322 §3.2.5): found wrong, it is quoted; found right, it is not touched. */
import type { Token } from './address-tokens.js';
import { isEncodedWord, tokenValue } from './address-tokens.js';
import type { Edit } from './edits.js';

// What RFC 5322 §3.2.3 leaves out of an atom and the tokens did not cut at. 8-bit octets are left as they are.
const NO_ATOM = /[)\]\\]/;

/** Adds to `mends` what makes a phrase of these tokens. Comments, encoded words and what is right stay as they are. */
export function mendPhrase(text: string, tokens: readonly Token[], mends: Edit[]): void {
  let run: Token[] = [];
  let first = true;
  const close = (): void => {
    while (run.at(-1)?.kind === 'blank') run.pop();
    if (run.length > 0 && isWrong(text, run, first)) mends.push(quoted(text, run));
    if (run.length > 0) first = false;
    run = [];
  };
  for (const token of tokens) {
    const border =
      token.kind === 'comment' || (token.kind === 'word' && isEncodedWord(text.slice(token.start, token.end)));
    if (border) close();
    else if (run.length > 0 || token.kind !== 'blank') run.push(token);
    if (border && token.kind === 'word') first = false;
  }
  close();
}

function isWrong(text: string, run: readonly Token[], first: boolean): boolean {
  // RFC 5322 §4.1 allows dots, but not as the first thing.
  if (first && run[0]?.kind === '.') return true;
  return run.some(
    (token) =>
      token.kind === '@' ||
      token.kind === 'literal' ||
      token.kind === '>' ||
      (token.kind === 'word' && NO_ATOM.test(text.slice(token.start, token.end))),
  );
}

function quoted(text: string, run: readonly Token[]): Edit {
  const start = (run[0] as Token).start;
  const end = (run.at(-1) as Token).end;
  const value = run.map((token) => (token.kind === 'blank' ? ' ' : tokenValue(text, token))).join('');
  return { start, end, text: quotedString(value), rule: 'phrase-quoted' };
}

/** RFC 5322 §3.2.4. */
export const quotedString = (value: string): string => `"${value.replace(/[\\"]/g, '\\$&')}"`;
