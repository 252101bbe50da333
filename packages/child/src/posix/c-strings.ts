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
    const pairs = Object.entries(env).map(([name, value]) => {
      if (name === '' || name.includes('=')) throw new StartFault('EINVAL', 'name of an environment variable');
      return `${name}=${value}`;
    });
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
  const base = address(table);
  let at = head;
  strings.forEach((string, index) => {
    if (string.includes('\0')) throw new StartFault('EINVAL', 'NUL in an argument or the environment');
    table.writeBigUInt64LE(base + BigInt(at), index * 8);
    at += Buffer.byteLength(string) + 1;
  });
  table.writeBigUInt64LE(0n, strings.length * 8);
  return table;
}
