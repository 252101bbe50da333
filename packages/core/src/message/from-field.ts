/** A mailbox with a name, as From shows it. */
import type { Mailbox } from '../base/mailbox.js';
import { formatMailbox } from '../base/mailbox.js';
import { isEncodedWord } from './address-tokens.js';
import { isAscii, octetsOf } from './octet-text.js';
import { quotedString } from './phrase.js';

/** `"Joe Shmoe" <joe@example.com>`, as octets. Without a name the address stands alone. */
export function formatNamed(name: string, address: Mailbox | null): string {
  const shown = address === null ? '' : octetsOf(formatMailbox(address));
  // Line ends and NULs in a table must not become line ends in a header.
  // eslint-disable-next-line no-control-regex
  const plain = name.replace(/[\x00-\x1f\x7f]+/g, ' ').trim();
  if (plain === '') return address === null ? '<>' : shown;
  return `${phraseOf(plain)} <${shown}>`;
}

function phraseOf(name: string): string {
  if (!isAscii(name)) return encodedWords(name);
  // What is encoded already must not be quoted: it would be shown raw (RFC 2047 §5).
  return name.split(/\s+/).every(isEncodedWord) ? name : quotedString(name);
}

// RFC 2047 §2: an encoded word is at most 75 octets; 45 octets of text are 60 of base64.
const MOST_OCTETS = 45;

function encodedWords(name: string): string {
  const words: string[] = [];
  let piece = '';
  // By code point: RFC 2047 §5 forbids to cut a character in two.
  for (const character of name) {
    if (Buffer.byteLength(piece + character) > MOST_OCTETS) {
      words.push(piece);
      piece = '';
    }
    piece += character;
  }
  words.push(piece);
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\n ');
}
