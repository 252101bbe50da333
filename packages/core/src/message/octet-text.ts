/**
 * Headers are read as latin1 text, one character an octet, so that offsets are octets and nothing is lost. Names and
 * addresses that come from or go to elsewhere are real text; this is the way between the two.
 */

// eslint-disable-next-line no-control-regex
const BEYOND_ASCII = /[^\x00-\x7f]/;

/** Octets as text: UTF-8 where it is UTF-8, else latin1, so that different octets stay different text. */
export function textOf(octets: string): string {
  if (!BEYOND_ASCII.test(octets)) return octets;
  const text = Buffer.from(octets, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? octets : text;
}

/** Text as the octets of its UTF-8. */
export function octetsOf(text: string): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

export const isAscii = (text: string): boolean => !BEYOND_ASCII.test(text);
