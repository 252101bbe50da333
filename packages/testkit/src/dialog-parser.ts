/**
 * Reads `.dlg` files: short SMTP dialogs, one step a line. Knows nothing of sockets; dialog.ts plays what this reads.
 *
 *     # comment; blank lines are nothing
 *     @ listener implicit         a setting for whoever plays the file; `@ name value`
 *     C: EHLO client.example      the client sends this line and CRLF
 *     C<< NOOP\r\nNOOP\r\n        the client sends exactly these bytes in one write; \r \n \t \0 \\ \xHH
 *     S: 250 2.0.0 ok             this line has to come
 *     S: 250 2.0.0 ...            a reply that begins so. If it has several lines, each of them has to
 *     S: /^250[ -]/               the same with a regular expression
 *     S: 250-PIPELINING           a line in the middle of a reply (the dash says so)
 *     S: ...                      any lines, up to one that the next S: matches, or to the end of the reply
 *     S+ STARTTLS                 the reply just read has a line with this text (code and status code not looked at)
 *     S! AUTH ...                 it has no line with such a text; both take `...` and /regex/ as well
 *     --- tls                     STARTTLS has been answered: do the handshake now
 *     --- close                   the server closes now, and says nothing more
 *     --- half-close              the client ends its writing side
 *     --- reset                   the client breaks off with RST
 *     --- pause 50                wait this many milliseconds, so that two writes arrive as two segments
 *
 * Variables, in C: and C<< and S lines, innermost first: `{user}` and any other that the player was given;
 * `{b64:TEXT}` is base64 of TEXT with the escapes of C<<; `{TEXT*600}` is TEXT six hundred times;
 * `{cram}` answers the last 334 by CRAM-MD5 with {user} and {pass}; `{cram:USER:PASS}` with others.
 */

/** What a line of a reply is compared with. */
export type Pattern =
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'regex'; readonly regex: RegExp }
  | { readonly kind: 'any' };

export type DialogAction =
  | { readonly kind: 'send'; readonly text: string }
  | { readonly kind: 'send-raw'; readonly text: string }
  | { readonly kind: 'expect'; readonly pattern: string }
  | { readonly kind: 'has'; readonly pattern: string }
  | { readonly kind: 'has-not'; readonly pattern: string }
  | { readonly kind: 'tls' | 'close' | 'half-close' | 'reset' }
  | { readonly kind: 'pause'; readonly milliseconds: number };

export type DialogStep = DialogAction & { readonly line: number; readonly source: string };

export interface Dialog {
  /** File name for messages. */
  readonly name: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly steps: readonly DialogStep[];
}

/** The file itself is wrong. */
export class DialogSyntaxError extends Error {
  override readonly name = 'DialogSyntaxError';
}

/** @throws DialogSyntaxError naming file and line. */
export function parseDialog(text: string, name = 'dialog'): Dialog {
  const settings = new Map<string, string>();
  const steps: DialogStep[] = [];
  text.split('\n').forEach((raw, index) => {
    const source = raw.replace(/\r$/, '');
    if (source.trim() === '' || source.startsWith('#')) return;
    const setting = /^@\s+([a-z-]+)(?:\s+(.*))?$/.exec(source);
    if (setting !== null) {
      settings.set(setting[1] ?? '', (setting[2] ?? '').trim());
      return;
    }
    const action = parseAction(source);
    if (action === undefined) throw new DialogSyntaxError(`${name}:${index + 1}: not a dialog line: ${source}`);
    steps.push({ ...action, line: index + 1, source });
  });
  return { name, settings, steps };
}

function parseAction(source: string): DialogAction | undefined {
  // One space behind the mark belongs to the mark; any other is text.
  const rest = (mark: string): string | undefined =>
    source.startsWith(mark) ? source.slice(mark.length).replace(/^ /, '') : undefined;
  const action = (kind: DialogAction['kind'], key: 'text' | 'pattern', mark: string): DialogAction | undefined => {
    const value = rest(mark);
    return value === undefined ? undefined : ({ kind, [key]: value } as unknown as DialogAction);
  };
  const said =
    action('send', 'text', 'C:') ??
    action('send-raw', 'text', 'C<<') ??
    action('expect', 'pattern', 'S:') ??
    action('has', 'pattern', 'S+') ??
    action('has-not', 'pattern', 'S!');
  if (said !== undefined) return said;
  const event = /^---\s+(tls|close|half-close|reset)\s*$/.exec(source)?.[1] as 'tls' | undefined;
  if (event !== undefined) return { kind: event };
  const pause = /^---\s+pause\s+(\d{1,5})\s*$/.exec(source)?.[1];
  return pause === undefined ? undefined : { kind: 'pause', milliseconds: Number(pause) };
}

/** @throws DialogSyntaxError for a regular expression that is none. */
export function parsePattern(text: string): Pattern {
  if (text === '...') return { kind: 'any' };
  const regex = /^\/(.*)\/([a-z]*)$/.exec(text);
  if (regex !== null) {
    try {
      return { kind: 'regex', regex: new RegExp(regex[1] ?? '', regex[2]) };
    } catch (error) {
      throw new DialogSyntaxError(`not a regular expression: ${text}: ${(error as Error).message}`);
    }
  }
  if (text.endsWith('...')) return { kind: 'prefix', text: text.slice(0, -3).replace(/ $/, '') };
  return { kind: 'exact', text };
}

/** `250 ...` matches `250` alone and `250 ok`, not `2500`. */
export function matches(pattern: Pattern, line: string): boolean {
  switch (pattern.kind) {
    case 'any':
      return true;
    case 'exact':
      return line === pattern.text;
    case 'prefix':
      return line === pattern.text || line.startsWith(/[ -]$/.test(pattern.text) ? pattern.text : `${pattern.text} `);
    case 'regex':
      return pattern.regex.test(line);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' };

/** `\r`, `\n`, `\t`, `\0`, `\\`, `\xHH` to what they stand for; one character an octet. Other text goes in as UTF-8. */
export const unescapeBytes = (text: string): string =>
  Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/\\(?:x([0-9A-Fa-f]{2})|([rnt0\\]))/g, (_all, hex: string | undefined, letter: string | undefined) =>
      hex === undefined ? (ESCAPES[letter ?? ''] ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
    );
