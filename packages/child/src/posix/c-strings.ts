/**
 * Strings as C wants them: `path` with its NUL, `argv` and `envp` as tables of pointers. Knows nothing of processes.
 */
import { StartFault } from '../fault.js';

// Kept by identity, so only for what can never change: a frozen argv or environment is encoded once in its life.
const kept = new WeakMap<object, Buffer>();

/** The bytes with a NUL behind them. @throws StartFault EINVAL if there is a NUL inside: C would cut the string there. */
export function cString(text: string): Buffer {
  if (text.includes('\0')) throw new StartFault('EINVAL', 'NUL in a path');
  return Buffer.from(`${text}\0`, 'utf8');
}

// A server runs a handful of programs. Beyond that it is not one, and nothing is kept.
const MOST_PATHS = 64;
const paths = new Map<string, Buffer>();

/** As `cString`, for what is asked for again and again. */
export function pathString(path: string): Buffer {
  let found = paths.get(path);
  if (found === undefined) {
    found = cString(path);
    if (paths.size < MOST_PATHS) paths.set(path, found);
  }
  return found;
}

/** A table of pointers to `argv`, ended by a null pointer. @throws StartFault EINVAL for a NUL. */
export function argumentTable(argv: readonly string[], address: (bytes: Uint8Array) => bigint): Buffer {
  return encodeOnce(argv, () => pointerTable(argv, address));
}

/** The same for `NAME=value`. @throws StartFault EINVAL for a NUL, or a name that is empty or holds `=`. */
export function environmentTable(
  env: Readonly<Record<string, string>>,
  address: (bytes: Uint8Array) => bigint,
): Buffer {
  return encodeOnce(env, () => {
    const pairs: string[] = [];
    for (const name in env) {
      if (name === '' || name.includes('=')) throw new StartFault('EINVAL', 'name of an environment variable');
      pairs.push(`${name}=${env[name] ?? ''}`);
    }
    return pointerTable(pairs, address);
  });
}

function encodeOnce(source: object, encode: () => Buffer): Buffer {
  const found = kept.get(source);
  if (found !== undefined) return found;
  const table = encode();
  if (Object.isFrozen(source)) kept.set(source, table);
  return table;
}

function pointerTable(strings: readonly string[], address: (bytes: Uint8Array) => bigint): Buffer {
  const text = strings.length === 0 ? '' : `${strings.join('\0')}\0`;
  const head = 8 * (strings.length + 1);
  // Not from Buffer's pool: the table holds addresses inside itself, and must stay where it is.
  const table = Buffer.allocUnsafeSlow(head + Buffer.byteLength(text));
  table.write(text, head, 'utf8');
  // Addresses have 48 or 57 bits, and those of processes fewer than 53: a number holds them.
  let at = Number(address(table)) + head;
  for (let i = 0; i < strings.length; i++) {
    const string = strings[i] ?? '';
    if (string.includes('\0')) throw new StartFault('EINVAL', 'NUL in an argument or the environment');
    writePointer(table, 8 * i, at);
    at += Buffer.byteLength(string) + 1;
  }
  writePointer(table, 8 * strings.length, 0);
  return table;
}

function writePointer(table: Buffer, at: number, value: number): void {
  table.writeUInt32LE(value % 2 ** 32, at);
  table.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}
