/**
 * The constant database of D. J. Bernstein (cr.yp.to/cdb/cdb.txt), read from and written to memory. Must not know what is
 * in it, or where it is kept.
 *
 * A table of 256 pointers, the records, then 256 hash tables; all numbers are 32 bits, little-endian.
 */

const POINTERS = 2048;
const SLOT = 8;

/** Looks up keys. */
export interface CdbReader {
  /** The first value of this key. @throws Error if the file contradicts itself. */
  get(key: Uint8Array): Buffer | undefined;
}

/** @throws Error if `data` cannot be such a file. */
export function openCdb(data: Buffer): CdbReader {
  if (data.length < POINTERS) throw new Error('cdb: too short');
  const word = (at: number): number => {
    if (at + 4 > data.length) throw new Error('cdb: pointer past the end');
    return data.readUInt32LE(at);
  };
  return {
    get: (key) => {
      const hash = hashOf(key);
      const table = word((hash & 255) * SLOT);
      const slots = word((hash & 255) * SLOT + 4);
      // A damaged count must not keep us busy: a table cannot be larger than the file.
      if (slots * SLOT > data.length) throw new Error('cdb: table past the end');
      let slot = slots === 0 ? 0 : (hash >>> 8) % slots;
      for (let tried = 0; tried < slots; tried++) {
        const record = word(table + slot * SLOT + 4);
        if (record === 0) return undefined;
        if (word(table + slot * SLOT) === hash) {
          const value = valueAt(data, record, key, word);
          if (value !== undefined) return value;
        }
        slot = slot + 1 === slots ? 0 : slot + 1;
      }
      return undefined;
    },
  };
}

function valueAt(data: Buffer, record: number, key: Uint8Array, word: (at: number) => number): Buffer | undefined {
  const keyLength = word(record);
  const valueLength = word(record + 4);
  const valueStart = record + 8 + keyLength;
  if (valueStart + valueLength > data.length) throw new Error('cdb: record past the end');
  if (keyLength !== key.length || data.compare(key, 0, key.length, record + 8, valueStart) !== 0) return undefined;
  return data.subarray(valueStart, valueStart + valueLength);
}

/** One record. */
export interface CdbRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The file that cdbmake would write for these records, in this order. */
export function makeCdb(records: readonly CdbRecord[]): Buffer {
  const pieces: Buffer[] = [Buffer.alloc(POINTERS)];
  const tables: { hash: number; record: number }[][] = Array.from({ length: 256 }, () => []);
  let at = POINTERS;
  for (const { key, value } of records) {
    const hash = hashOf(key);
    tables[hash & 255]?.push({ hash, record: at });
    pieces.push(pair(key.length, value.length), Buffer.from(key), Buffer.from(value));
    at += SLOT + key.length + value.length;
  }
  for (const [index, entries] of tables.entries()) {
    const slots = entries.length * 2;
    pair(at, slots).copy(pieces[0] as Buffer, index * SLOT);
    pieces.push(hashTable(entries, slots));
    at += slots * SLOT;
  }
  return Buffer.concat(pieces);
}

function hashTable(entries: readonly { hash: number; record: number }[], slots: number): Buffer {
  const table = Buffer.alloc(slots * SLOT);
  for (const { hash, record } of entries) {
    let slot = (hash >>> 8) % slots;
    while (table.readUInt32LE(slot * SLOT + 4) !== 0) slot = slot + 1 === slots ? 0 : slot + 1;
    pair(hash, record).copy(table, slot * SLOT);
  }
  return table;
}

function pair(first: number, second: number): Buffer {
  const octets = Buffer.alloc(SLOT);
  octets.writeUInt32LE(first, 0);
  octets.writeUInt32LE(second, 4);
  return octets;
}

function hashOf(key: Uint8Array): number {
  let hash = 5381;
  for (const octet of key) hash = (((hash << 5) + hash) ^ octet) >>> 0;
  return hash;
}
