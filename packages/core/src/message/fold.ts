/** Keeps lines that we have made longer within the limit of RFC 5322 §2.1.1. */

/** Octets in a line, without its end. */
const LINE_LIMIT = 998;

/**
 * Breaks lines over the limit before the last blank within it that follows a comma; a line without one stays.
 *
 * @param before octets that stand before `text` on its first line
 */
export function foldLongLines(text: string, before: number): string {
  if (text.length + before <= LINE_LIMIT) return text;
  let room = LINE_LIMIT - before;
  return text
    .split('\n')
    .map((line) => {
      const folded = foldLine(line, room);
      room = LINE_LIMIT;
      return folded;
    })
    .join('\n');
}

function foldLine(line: string, room: number): string {
  const pieces: string[] = [];
  let rest = line;
  let left = room;
  while (rest.length > left) {
    const comma = rest.lastIndexOf(', ', left - 1);
    if (comma < 1) break;
    pieces.push(rest.slice(0, comma + 1));
    rest = rest.slice(comma + 1);
    left = LINE_LIMIT;
  }
  return [...pieces, rest].join('\n');
}
