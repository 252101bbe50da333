/**
 * Is it a verifier? For what came from a module that TypeScript never saw: the mistakes that people make there, each in
 * one line. Knows no module and no loader.
 */
import { describeValue, OptionError } from '../base/options.js';
import type { Verifier } from '../ports/verifier.js';

interface Fault {
  readonly key: string;
  readonly found: string;
  readonly allowed: string;
}

const CHECKS: readonly unknown[] = ['password', 'cram-md5'];

/**
 * `value`, if it is a verifier.
 *
 * @param where what made it, for the message: `./my-verifier.js`
 * @throws OptionError with `where` as owner
 */
export function checkVerifier(value: unknown, where: string): Verifier {
  const fault = faultOf(value);
  if (fault === undefined) return value as Verifier;
  throw new OptionError(where, fault.key, fault.found, fault.allowed);
}

function faultOf(value: unknown): Fault | undefined {
  if (typeof value === 'function') return whole('a function', 'a verifier: what the factory returns when it is called');
  if (typeof value !== 'object' || value === null) return whole(describeValue(value), 'a verifier');
  const found = value as Readonly<Record<string, unknown>>;
  if (typeof found['then'] === 'function') return whole('a promise', 'a verifier: what the promise resolves to');
  // It stands in logs, and people search for it there.
  if (typeof found['name'] !== 'string' || !/^[a-z0-9][a-z0-9.-]*$/.test(found['name'])) {
    return fault('name', found['name'], 'a short name of a-z, 0-9, dot and hyphen');
  }
  return checksFault(found) ?? methodFault(found);
}

function checksFault(found: Readonly<Record<string, unknown>>): Fault | undefined {
  const { checks } = found;
  const allowed = 'a Set of "password" and "cram-md5"';
  if (!isSetLike(checks)) return fault('checks', checks, allowed);
  const stranger = [...checks].find((check) => !CHECKS.includes(check));
  if (stranger !== undefined) return fault('checks', stranger, allowed);
  // Nobody would ever ask it.
  if ([...checks].length === 0 && found['begin'] === undefined) return fault('checks', [], `${allowed}, not empty`);
  return undefined;
}

function methodFault(found: Readonly<Record<string, unknown>>): Fault | undefined {
  if (typeof found['verify'] !== 'function') {
    return fault('verify', found['verify'], 'a method verify(credentials, context)');
  }
  if (found['close'] !== undefined && typeof found['close'] !== 'function') {
    return fault('close', found['close'], 'a method, or nothing');
  }
  // One without the other would be taken for a verifier that leads no exchange, in silence.
  if (found['begin'] !== undefined && typeof found['begin'] !== 'function') {
    return fault('begin', found['begin'], 'a method begin(mechanism, context), or nothing');
  }
  if (found['begin'] !== undefined && !isSetLike(found['mechanisms'])) {
    return fault('mechanisms', found['mechanisms'], 'a Set of mechanism names, beside begin');
  }
  if (found['begin'] === undefined && found['mechanisms'] !== undefined) {
    return fault('begin', undefined, 'a method begin(mechanism, context), beside mechanisms');
  }
  return undefined;
}

const whole = (found: string, allowed: string): Fault => ({ key: 'verifier', found, allowed });

const fault = (key: string, found: unknown, allowed: string): Fault => ({
  key,
  found: typeof found === 'function' ? 'a function' : describeValue(found, key),
  allowed,
});

/** By behaviour: a Set of another realm, or a view of one, will do. */
const isSetLike = (value: unknown): value is ReadonlySet<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'has' in value &&
  typeof value.has === 'function' &&
  Symbol.iterator in value;
