/** One address in a list, and where its parts are. Must not know what stands around it. */
import type { Mailbox } from '../base/mailbox.js';
import type { Token } from './address-tokens.js';
import { isOpen, tokenValue } from './address-tokens.js';

export interface AddressSpan {
  /** Octets, one character each. */
  readonly mailbox: Mailbox;
  /** First octet of the local part. */
  readonly start: number;
  /** The host, to be replaced; an empty span where there is none. */
  readonly hostStart: number;
  readonly hostEnd: number;
  /** There is an @ before the host. */
  readonly hasAt: boolean;
  /** There is a local part, one @ at most, no quote left open and none in the host: it is clear what the host is. */
  readonly understood: boolean;
}

const isWord = (token: Token): boolean => token.kind === 'word' || token.kind === 'quoted' || token.kind === 'literal';

// A word of the tokens may hold these, a host may not.
const NO_HOST = /[)\]\\]/;

/** A host without empty labels: rules that take a dot off its end would never come to an end otherwise. */
export const isClearHost = (host: string): boolean =>
  host.startsWith('[') || !(host.startsWith('.') || host.includes('..'));

/** Cuts tokens into addresses: a word right after a word, with no dot and no @ between them, begins a new one. */
export function splitAddresses(tokens: readonly Token[]): Token[][] {
  const runs: Token[][] = [];
  let run: Token[] | undefined;
  let afterWord = false;
  for (const token of tokens) {
    const word = isWord(token);
    if (!word && token.kind !== '.' && token.kind !== '@') continue;
    if (run === undefined || (word && afterWord)) runs.push((run = []));
    run.push(token);
    afterWord = word;
  }
  return runs;
}

/** The address that is made of these tokens; at least one. The host stands behind the last @. */
export function spanOf(text: string, run: readonly Token[]): AddressSpan {
  const at = run.findLastIndex((token) => token.kind === '@');
  const local = at < 0 ? run : run.slice(0, at);
  const host = at < 0 ? [] : run.slice(at + 1);
  const value = (tokens: readonly Token[]): string => {
    let joined = '';
    for (const token of tokens) joined += tokenValue(text, token);
    return joined;
  };
  const hostEnd = (run.at(-1) as Token).end;
  const domain = value(host);
  const clear =
    !local.some((token) => token.kind === '@') &&
    !run.some((token) => isOpen(text, token)) &&
    !host.some(
      (token) => token.kind === 'quoted' || (token.kind === 'word' && NO_HOST.test(text.slice(token.start, token.end))),
    );
  return {
    mailbox: { localPart: value(local), domain },
    start: (run[0] as Token).start,
    hostStart: host[0]?.start ?? hostEnd,
    hostEnd,
    hasAt: at >= 0,
    understood: clear && isClearHost(domain) && local.some(isWord),
  };
}
