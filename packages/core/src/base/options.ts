/** Options are checked once, at construction, copied and frozen; a wrong one is one line. */
import type { z } from 'zod';

/** A wrong option: who was asked, which key, what was found, what is allowed. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
  /** The package or function that was given the option. */
  readonly owner: string;
  /** Path of the key, `verifier[0].program` for example. */
  readonly key: string;
  /** What was found, shortened; never the value of a secret. */
  readonly found: string;
  /** What is allowed. */
  readonly allowed: string;

  constructor(owner: string, key: string, found: string, allowed: string) {
    super(`${owner}: ${key}: found ${found}; allowed: ${allowed}`);
    this.owner = owner;
    this.key = key;
    this.found = found;
    this.allowed = allowed;
  }
}

const SECRET_KEY = /pass|secret|key$/i;

/** A short, safe rendering of a value for an error line. */
export function describeValue(value: unknown, key = ''): string {
  if (value === undefined) return 'nothing';
  if (SECRET_KEY.test(key) && typeof value === 'string') return 'a string';
  let text: string;
  try {
    const json: unknown = JSON.stringify(value);
    text = typeof json === 'string' ? json : typeof value;
  } catch {
    text = typeof value;
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const formatKey = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (key, part) =>
      typeof part === 'number' ? `${key}[${part}]` : key === '' ? String(part) : `${key}.${String(part)}`,
    '',
  );

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );

const articled = (expected: string): string => (/^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`);

/**
 * Checks `input` against `schema` and returns a frozen copy with the defaults filled in.
 *
 * @throws OptionError for the first thing that is wrong.
 */
export function checkOptions<S extends z.ZodType>(owner: string, schema: S, input: unknown): Readonly<z.output<S>> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return Object.freeze(result.data);
  // A misspelt key explains a missing one, and not the other way round.
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw new OptionError(owner, '', describeValue(input), 'other options');
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys[0] ?? '';
    const key = formatKey([...issue.path, unknown]);
    throw new OptionError(owner, key, 'an unknown key', knownKeys(schema, issue.path));
  }
  const key = formatKey(issue.path) || 'options';
  const found = describeValue(valueAt(input, issue.path), key);
  throw new OptionError(owner, key, found, allowedBy(issue));
}

function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return articled(issue.expected);
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(', ');
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `at least ${issue.minimum} in length`
        : `${issue.minimum} or more`;
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `at most ${issue.maximum} in length`
        : `${issue.maximum} or less`;
    default:
      return issue.message;
  }
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string {
  let at: unknown = schema;
  for (const part of path) at = typeof part === 'number' ? inner(at, 'element') : inner(at, 'shape', part);
  const shape = inner(at, 'shape');
  return typeof shape === 'object' && shape !== null
    ? Object.keys(shape).sort().join(', ')
    : 'the keys in the documentation';
}

/** Steps through optional, default and readonly wrappers to the object or array below. */
function inner(schema: unknown, member: string, part?: PropertyKey): unknown {
  let at = schema as Record<string, unknown> | undefined;
  for (let depth = 0; depth < 8 && at !== undefined; depth++) {
    if (member in at && at[member] !== undefined) {
      const found = at[member];
      return part === undefined ? found : (found as Record<PropertyKey, unknown>)[part];
    }
    const def = at['def'] as Record<string, unknown> | undefined;
    at = def?.['innerType'] as Record<string, unknown> | undefined;
  }
  return undefined;
}
