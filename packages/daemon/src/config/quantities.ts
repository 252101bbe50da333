/** Times and sizes as people write them: `"30s"`, `"25MB"`. */

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const SIZE = /^(\d+(?:\.\d+)?) ?(B|kB|KB|MB|GB|KiB|MiB|GiB)$/;
const OCTETS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** The longest timer that Node keeps is a little under 25 days; anything longer would fire at once. */
const LONGEST = 24 * 86_400_000;

export const DURATION_ALLOWED = 'a time such as "500ms", "30s", "5m", "1h", at most "24d"';
export const SIZE_ALLOWED = 'a number of octets, or a size such as "64KiB", "25MB"';

/** Milliseconds, or undefined for what is no time. A bare number is none: nobody would know its unit. */
export function parseDuration(value: unknown): number | undefined {
  return measure(value, DURATION, MILLISECONDS, LONGEST);
}

/** Octets, or undefined for what is no size. A bare number is octets, as in control/databytes. */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  return measure(value, SIZE, OCTETS, Number.MAX_SAFE_INTEGER);
}

function measure(
  value: unknown,
  shape: RegExp,
  units: Readonly<Record<string, number>>,
  most: number,
): number | undefined {
  const match = typeof value === 'string' ? shape.exec(value) : null;
  if (match === null) return undefined;
  const amount = Math.round(Number(match[1]) * (units[match[2] ?? ''] ?? Number.NaN));
  return amount <= most ? amount : undefined;
}
