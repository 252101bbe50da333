/** Small executable programs, so that a test has the fault it needs. Written for sh where that will do: it starts fast. */
import { renameSync } from 'node:fs';
import { tempDir } from './temp.js';
import type { TempDir } from './temp.js';

export interface FakeProgram {
  /** Absolute path of the executable. */
  readonly path: string;
  /** Its directory: it may write there. Removed when the process ends. */
  readonly dir: TempDir;
  /** Puts another script in its place; a program that runs already goes on as it was. */
  replace(script: string): void;
  remove(): void;
}

/** Writes `script` with a shebang line before it, mode 0755. `node` is the interpreter of this process. */
export function fakeProgram(script: string, interpreter: 'sh' | 'node' = 'sh', name = 'program'): FakeProgram {
  const dir = tempDir('postern-fake-');
  const shebang = interpreter === 'sh' ? '#!/bin/sh\n' : `#!${process.execPath}\n`;
  const write = (text: string): void => {
    // Renamed into place: a program that is being written cannot be executed (ETXTBSY).
    dir.write(`${name}.new`, shebang + text, 0o755);
    renameSync(dir.file(`${name}.new`), dir.file(name));
  };
  write(script);
  return { path: dir.file(name), dir, replace: write, remove: () => dir.remove() };
}

/** `text` as one word of sh. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** `text` for printf in sh, whatever octets it holds. */
export const shellOctets = (text: string | Uint8Array): string =>
  shellWord([...Buffer.from(text as string)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''));
