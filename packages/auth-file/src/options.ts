/** What an operator may say about a file of users. */
import { z } from 'zod';
import { checkOptions } from '@postern/core';
import type { OptionError } from '@postern/core';
import type { LoginCase } from './users.js';

export interface FileOptions {
  /** The users file, of mode 0400 or 0600. */
  readonly path: string;
  /** `exact`: logins are compared octet by octet. `ignore`: in any case, as tmda-ofmipd does. Default `exact`. */
  readonly loginCase?: LoginCase;
  /** Most hashes that are computed at a time. Node has four threads for them and for everything else. Default 2. */
  readonly concurrency?: number;
  /** Most logins that wait for that; beyond it they are told to try again. Default 100. */
  readonly waiting?: number;
  /** Told when a changed file cannot be used; the users of before stay. Default: a warning of the process. */
  readonly onFault?: (fault: OptionError) => void;
}

export type FileSettings = Required<FileOptions>;

const schema = z.strictObject({
  path: z.string().min(1),
  loginCase: z.enum(['exact', 'ignore']).default('exact'),
  concurrency: z.int().min(1).max(64).default(2),
  waiting: z.int().min(0).default(100),
  onFault: z.custom<(fault: OptionError) => void>((value) => typeof value === 'function', 'a function').optional(),
});

const warn = (fault: OptionError): void => process.emitWarning(fault.message, { code: 'POSTERN_AUTH_FILE' });

/** @throws OptionError */
export function fileSettings(options: FileOptions): FileSettings {
  const { onFault = warn, ...given } = checkOptions('file', schema, options);
  return { ...given, onFault };
}
