/** Changes to a text by offset, so that every octet nobody changed stays what it was. */

export interface Edit {
  readonly start: number;
  /** Equal to `start` to put something in. */
  readonly end: number;
  readonly text: string;
  /** Which rule wants it, for a person to read. */
  readonly rule: string;
}

/** Applies edits that do not overlap, in any order; those at one place in the order given. */
export function applyEdits(text: string, edits: readonly Edit[], from = 0, to = text.length): string {
  const sorted = edits.every((edit, i) => i === 0 || (edits[i - 1] as Edit).start <= edit.start)
    ? edits
    : [...edits].sort((a, b) => a.start - b.start);
  const pieces: string[] = [];
  let at = from;
  for (const edit of sorted) {
    pieces.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  pieces.push(text.slice(at, to));
  return pieces.join('');
}
