/** The daemon's log: lines on standard error, JSON for machines or text for people. Knows no SMTP. */
import { pino } from 'pino';
import type { Logger } from 'pino';
import { prettyLine } from './pretty.js';

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Log = Logger;

export interface LogOptions {
  readonly format: 'json' | 'pretty';
  readonly level: Level;
  /** Default: standard error. */
  readonly write?: (line: string) => void;
  /** Colours, for `pretty`. Default: if standard error is a terminal and NO_COLOR is not set. */
  readonly colours?: boolean;
}

/** One JSON object a line: `level`, `time` (ISO 8601, UTC), `event`, and what belongs to it. */
export function createLog(options: LogOptions): Log {
  const write = options.write ?? writeToStderr;
  const colours = options.colours ?? (process.stderr.isTTY && process.env['NO_COLOR'] === undefined);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string) => write(options.format === 'json' ? escapeUnprintable(line) : prettyLine(line, colours)),
    },
  );
}

// Inside a JSON string \uXXXX says the same thing, and a terminal or a pager cannot be steered by it: DEL and C1 controls,
// marks that turn the direction of text, separators, and halves of surrogate pairs that no encoding has.
const UNPRINTABLE =
  /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A JSON text with everything unprintable escaped. C0 controls are escaped by JSON itself. */
export const escapeUnprintable = (json: string): string =>
  json.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

let guarded = false;

/** A log that nobody reads any more ends no session. */
function writeToStderr(line: string): void {
  if (!guarded) {
    guarded = true;
    process.stderr.on('error', () => undefined);
  }
  process.stderr.write(line);
}
