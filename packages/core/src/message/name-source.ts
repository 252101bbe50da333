/** The text that a name.cdb is made of: lines `key:name:address:` (ofmipname(8)). */
import { makeCdb } from './cdb.js';

export interface NameLine {
  readonly key: string;
  readonly name: string;
  readonly address: string;
}

/** Reads the text, one character an octet. `#` starts a comment line; lines with fewer than three colons are left out. */
export function parseNameSource(source: Uint8Array): readonly NameLine[] {
  const lines: NameLine[] = [];
  for (const line of Buffer.from(source).toString('latin1').split('\n')) {
    const [key, name, address, rest] = line.split(':');
    if (line.startsWith('#') || rest === undefined) continue;
    lines.push({ key: key ?? '', name: name ?? '', address: address ?? '' });
  }
  return lines;
}

/** The name.cdb that ofmipname would make of this text, octet for octet. */
export function compileNameSource(source: Uint8Array): Buffer {
  return makeCdb(
    parseNameSource(source).map(({ key, name, address }) => ({
      key: Buffer.from(key, 'latin1'),
      value: Buffer.from(`${name}\0${address}`, 'latin1'),
    })),
  );
}
