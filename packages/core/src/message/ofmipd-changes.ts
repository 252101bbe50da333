/** What became of each field when a header was built anew: found by comparing, since nothing was edited in place. */
import type { Change } from './changes.js';
import { HeaderScanner } from './header-block.js';
import type { Field, Header } from './header-fields.js';
import { fieldText, headerOf, writtenName } from './header-fields.js';

const RULES = ['compat-ofmipd'];

/** Fields of the old header in their order, then what was added. */
export function headerChanges(before: Header, after: string): readonly Change[] {
  const built = scan(after);
  const left = [...built.fields];
  const take = (found: (field: Field) => boolean): Field | undefined => {
    const at = left.findIndex(found);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  // What is the same first, so that it is nobody else's new form.
  const kept = new Set(
    before.fields.filter((old) => take((field) => fieldText(built, field) === fieldText(before, old)) !== undefined),
  );
  const changes = before.fields
    .filter((old) => !kept.has(old))
    .map((old): Change => {
      const now = take((field) => field.name === old.name);
      const told = { field: writtenName(before, old), rules: RULES, before: fieldText(before, old).slice(0, -1) };
      return now === undefined
        ? { ...told, action: 'dropped' }
        : { ...told, action: 'changed', after: fieldText(built, now).slice(0, -1) };
    });
  const added = left.map((field): Change => {
    return {
      field: writtenName(built, field),
      action: 'added',
      rules: RULES,
      after: fieldText(built, field).slice(0, -1),
    };
  });
  return [...changes, ...added];
}

function scan(text: string): Header {
  const octets = Buffer.from(text, 'latin1');
  const scanner = new HeaderScanner();
  scanner.push(octets);
  scanner.finish();
  return headerOf(octets, scanner.fields);
}
