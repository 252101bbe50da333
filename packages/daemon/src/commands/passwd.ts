/** `posternd passwd`: a line for the users file of @postern/auth-file. */
import { hashPassword, updateUser } from '@postern/auth-file';
import { UsageError } from '../command-line.js';
import type { CommandLine } from '../command-line.js';
import { describeFileError } from '../config/toml.js';
import { StartError } from '../process/start-error.js';
import { readPassword } from './password-input.js';

/** Resolves with the exit status. @throws UsageError, StartError */
export async function passwdCommand(line: CommandLine): Promise<number> {
  const login = line.login ?? '';
  // eslint-disable-next-line no-control-regex
  if (login === '' || login !== login.trim() || /^#|[:\x00-\x1f\x7f]/.test(login))
    throw new UsageError(
      `${JSON.stringify(login)} cannot be a login: no colon, no control characters, no # before it, no space around it`,
    );
  const hash = await hashPassword(await readPassword({ input: process.stdin, prompts: process.stderr }));
  if (line.file === undefined) process.stdout.write(`${login}:${hash}\n`);
  else await update(line.file, login, hash);
  return 0;
}

async function update(file: string, login: string, hash: string): Promise<void> {
  try {
    await updateUser(file, login, hash);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'EEXIST' ? `${file}.new exists: somebody else is writing, or was interrupted` : describeFileError(error);
    throw new StartError(`${file}: not changed: ${why}`);
  }
}
