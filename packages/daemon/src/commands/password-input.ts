/** Reads a password: from a terminal without echo, twice; from anything else one line. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { StartError } from '../process/start-error.js';

export interface PasswordInput {
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  /** For prompts; standard output is for the result. */
  readonly prompts: Writable;
}

const MOST_OCTETS = 1024;

/** @throws StartError for an empty password, one with control characters, or two that differ */
export async function readPassword({ input, prompts }: PasswordInput): Promise<string> {
  if (input.isTTY !== true) return checked(await firstLine(input));
  const password = checked(await typed(input, prompts, 'Password: '));
  if ((await typed(input, prompts, 'The same again: ')) !== password) throw new StartError('the two passwords differ');
  return password;
}

function checked(password: string): string {
  if (password === '') throw new StartError('an empty password is no password');
  if (/[\x00-\x1f\x7f]/.test(password)) throw new StartError('control characters cannot be in a password'); // eslint-disable-line no-control-regex
  if (Buffer.byteLength(password) > MOST_OCTETS) throw new StartError(`a password has at most ${MOST_OCTETS} octets`);
  return password;
}

async function firstLine(input: Readable): Promise<string> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  return '';
}

/** In raw mode nothing is echoed, and the keys of a line editor are ours to obey. */
async function typed(input: PasswordInput['input'], prompts: Writable, prompt: string): Promise<string> {
  prompts.write(prompt);
  input.setRawMode?.(true);
  input.resume();
  try {
    return await new Promise<string>((resolve, reject) => {
      let text = '';
      const finish = (act: () => void): void => {
        input.removeListener('data', take);
        act();
      };
      const take = (chunk: Buffer | string): void => {
        for (const char of chunk.toString()) {
          if (char === '\r' || char === '\n' || char === '\x04') return finish(() => resolve(text));
          if (char === '\x03') return finish(() => reject(new StartError('interrupted')));
          if (char === '\x7f' || char === '\b') text = Array.from(text).slice(0, -1).join('');
          else if (char === '\x15') text = '';
          else text += char;
        }
      };
      input.on('data', take);
    });
  } finally {
    input.setRawMode?.(false);
    input.pause();
    prompts.write('\n');
  }
}
