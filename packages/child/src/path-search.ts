/** Where a program without a slash in its name is: the first executable file of that name in PATH, as execvp(3) does it. */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, StartFault } from './fault.js';

/** A path with a slash in it. @throws StartFault ENOENT if there is none; EACCES if all there is may not be run. */
export function findProgram(name: string, searchPath: string): string {
  if (name === '') throw new StartFault('ENOENT', 'start a program without a name');
  if (name.includes('/')) return name;
  if (name.includes('\0')) throw new StartFault('EINVAL', 'NUL in a path');
  let worst = 'ENOENT';
  for (const directory of searchPath.split(':')) {
    // An empty entry means the working directory (environ(7)).
    const path = join(directory === '' ? '.' : directory, name);
    const candidate = path.includes('/') ? path : `./${path}`;
    try {
      if (!statSync(candidate).isFile()) continue;
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch (error) {
      if (codeOf(error) === 'EACCES') worst = 'EACCES';
    }
  }
  throw new StartFault(worst, `start ${name}`);
}
