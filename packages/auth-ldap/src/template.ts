/** Templates for DNs and filters, and how a login is written into them so that it stays a value (RFC 4514, RFC 4515). */
import { FilterParser } from 'ldapts';

const PLACEHOLDER = /\{(login|user|domain)\}/g;

export const hasPlaceholder = (template: string): boolean => /\{(login|user|domain)\}/.test(template);

/** True if `template` with something in it is a filter. */
export function isFilter(template: string): boolean {
  try {
    FilterParser.parseString(fillFilter(template, 'x'));
    return true;
  } catch {
    return false;
  }
}

const hexPair = (character: string): string => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/**
 * RFC 4514 §2.4. Whatever is special anywhere in a DN is written as a hexadecimal pair, which is right in every place of
 * it: no need to know what stands around the placeholder.
 */
export const escapeDnValue = (value: string): string =>
  // eslint-disable-next-line no-control-regex
  value.replace(/[\x00-\x20"#+,;<=>\\\x7f]/g, hexPair);

/** RFC 4515 §3. */
export const escapeFilterValue = (value: string): string =>
  // eslint-disable-next-line no-control-regex
  value.replace(/[\x00-\x1f*()\\\x7f]/g, hexPair);

export const fillDn = (template: string, login: string): string => fill(template, login, escapeDnValue);

export const fillFilter = (template: string, login: string): string => fill(template, login, escapeFilterValue);

/** `{user}` is what stands before the last `@`, `{domain}` what stands after it; without one, all and nothing. */
function fill(template: string, login: string, escape: (value: string) => string): string {
  const at = login.lastIndexOf('@');
  const values: Readonly<Record<string, string>> = {
    login,
    user: at < 0 ? login : login.slice(0, at),
    domain: at < 0 ? '' : login.slice(at + 1),
  };
  return template.replace(PLACEHOLDER, (_all, name: string) => escape(values[name] ?? ''));
}
