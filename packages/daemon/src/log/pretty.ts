/** A log line for people. */
import { oneLine } from '../config/configuration-error.js';

const COLOURS: Readonly<Record<string, string>> = {
  debug: '\x1b[2m',
  info: '\x1b[32m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
};

/** `12:30:01 info  authentication  outcome=rejected client=192.0.2.1 login=alice` */
export function prettyLine(json: string, colours: boolean): string {
  const { level, time, event, msg, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const clock = String(time).slice(11, 19);
  const label = String(level).padEnd(5);
  const shown = colours ? `${COLOURS[String(level)] ?? ''}${label}\x1b[0m` : label;
  const words = Object.entries(rest).map(([key, value]) => `${key}=${plain(value)}`);
  const head = [msg, event].find((text): text is string => typeof text === 'string');
  return `${[clock, shown, plain(head ?? '').padEnd(14), ...words].join(' ').trimEnd()}\n`;
}

/** Bare if that is clear, in JSON's quotes otherwise. */
function plain(value: unknown): string {
  if (typeof value === 'string' && /^[\w.@:/+-][\w.@:/ +,-]*$/.test(value)) return value;
  const text = oneLine(JSON.stringify(value));
  // JSON leaves these as they are; a terminal would obey them.
  return text.replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '?');
}
