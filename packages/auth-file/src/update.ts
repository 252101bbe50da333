/** Writes one user into a users file, so that whoever reads it sees all of the old or all of the new. */
import { constants } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isUsableLogin } from './users.js';

interface Old {
  readonly text: string;
  readonly owner?: { readonly uid: number; readonly gid: number; readonly mode: number };
}

/**
 * Replaces the line of `login`, or adds one at the end; every other line stays as it is. The new file has the owner of the
 * old one, and its mode if that was 0400; else 0600. A file that does not exist is made.
 *
 * It is written as `<file>.new` first, which also keeps two writers apart.
 *
 * @param hash what stands behind the colon: what `hashPassword` returns, or a password in clear. `null` removes the line.
 * @throws RangeError if login or hash cannot stand in a line. @throws Error of the system; EEXIST: somebody else is writing.
 */
export async function updateUser(file: string, login: string, hash: string | null): Promise<void> {
  if (!isUsableLogin(login) || login.includes(':') || login !== login.trim()) {
    throw new RangeError(
      'a login in a users file has no colon, no control characters, no # before it and no space around it',
    );
  }
  // eslint-disable-next-line no-control-regex
  if (hash !== null && (hash === '' || hash !== hash.trim() || /[\x00-\x1f\x7f]/.test(hash))) {
    throw new RangeError('a password in a users file has no control characters and no space around it');
  }
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    // Read behind the lock, so that nobody's change is lost.
    const old = await readOld(file);
    await write(handle, replaceLine(old.text, login, hash), old);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
  await rename(temporary, file).catch(async (error: unknown) => {
    await unlink(temporary).catch(() => undefined);
    throw error;
  });
  await syncDirectory(dirname(file));
}

async function readOld(file: string): Promise<Old> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { text: '' };
    throw error;
  }
  try {
    const { uid, gid, mode } = await handle.stat();
    return { text: await handle.readFile('latin1'), owner: { uid, gid, mode: mode & 0o777 } };
  } finally {
    await handle.close();
  }
}

async function write(handle: FileHandle, text: string, { owner }: Old): Promise<void> {
  await handle.writeFile(text, 'latin1');
  if (owner !== undefined) {
    // Written by root for a server that is somebody else: it must be able to read its file again.
    if (owner.uid !== process.geteuid?.() || owner.gid !== process.getegid?.())
      await handle.chown(owner.uid, owner.gid);
  }
  await handle.chmod(owner?.mode === 0o400 ? 0o400 : 0o600);
  await handle.sync();
}

/** In Latin-1, one character an octet. */
function replaceLine(text: string, login: string, hash: string | null): string {
  const key = Buffer.from(login, 'utf8').toString('latin1');
  const line = hash === null ? undefined : `${key}:${Buffer.from(hash, 'utf8').toString('latin1')}`;
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const at = lines.findIndex((candidate) => {
    const colon = candidate.indexOf(':');
    return colon >= 0 && candidate.slice(0, colon).replace(/^[ \t]+|[ \t]+$/g, '') === key;
  });
  if (at < 0) {
    if (line !== undefined) lines.push(line);
  } else if (line === undefined) lines.splice(at, 1);
  else lines[at] = line;
  return lines.map((one) => `${one}\n`).join('');
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
