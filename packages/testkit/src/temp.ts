/** Throwaway directories. Knows nothing of what is put into them. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unwatch, watch } from './watchdog.js';

export interface TempDir {
  readonly path: string;
  /** Absolute path of `name` inside. */
  file(name: string): string;
  /** Writes a file inside and returns its absolute path. Default mode 0644; the umask does not matter. */
  write(name: string, content: string | Uint8Array, mode?: number): string;
  remove(): void;
}

const removeTree = (path: string): void => {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  unwatch('directory', path);
};

/**
 * A new directory below the system's place for temporary files, mode 0755 so that programs that have given up root can
 * look into it. It is removed by `remove()`, and otherwise when the process ends.
 */
export function tempDir(prefix = 'postern-'): TempDir {
  const path = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(path, 0o755);
  watch('directory', path);
  return {
    path,
    file: (name) => join(path, name),
    write: (name, content, mode = 0o644) => {
      const target = join(path, name);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
      chmodSync(target, mode);
      return target;
    },
    remove: () => removeTree(path),
  };
}
