/** The fields of a header as text, one character an octet. */
import type { FieldSpan } from './header-block.js';
import { roleOf } from './field-roles.js';
import type { FieldRole } from './field-roles.js';

export interface Field {
  /** In lower case. */
  readonly name: string;
  readonly role: FieldRole;
  readonly span: FieldSpan;
}

export interface Header {
  /** All of it, without the empty line; the last line end may be missing. */
  readonly text: string;
  readonly fields: readonly Field[];
}

export function headerOf(octets: Buffer, spans: readonly FieldSpan[]): Header {
  const text = octets.toString('latin1');
  const fields = spans.map((span) => {
    const name = text.slice(span.start, span.nameEnd).toLowerCase();
    return { name, role: roleOf(name), span };
  });
  return { text, fields };
}

/** Name as it is written. */
export const writtenName = (header: Header, field: Field): string =>
  header.text.slice(field.span.start, field.span.nameEnd);

/** The field with its last line end, which is put there if it is missing. */
export function fieldText(header: Header, field: Field): string {
  const text = header.text.slice(field.span.start, field.span.end);
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** What stands behind the colon, on one line. */
export const fieldValue = (header: Header, field: Field): string =>
  header.text.slice(field.span.valueStart, field.span.end).replace(/\n/g, '').trim();
