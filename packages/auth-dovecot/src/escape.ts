/** How values are written in Dovecot's lines: TAB ends a value and LF a line, so neither may stand in one. */

const ESCAPED: Readonly<Record<string, string>> = {
  '\x00': '\x010',
  '\x01': '\x011',
  '\t': '\x01t',
  '\r': '\x01r',
  '\n': '\x01n',
};
const PLAIN: Readonly<Record<string, string>> = { '0': '\x00', '1': '\x01', t: '\t', r: '\r', n: '\n' };

/** `value` as it may stand between two TABs. */
// eslint-disable-next-line no-control-regex
export const escapeValue = (value: string): string => value.replace(/[\x00\x01\t\r\n]/g, (one) => ESCAPED[one] ?? one);

/** The value behind its escapes; an escape that is not known stands for itself. */
export const unescapeValue = (value: string): string =>
  // eslint-disable-next-line no-control-regex
  value.replace(/\x01([^])/g, (_all, one: string) => PLAIN[one] ?? one);
