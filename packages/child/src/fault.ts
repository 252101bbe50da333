/** Why a program could not be started: the one error that is thrown inside this package, and never out of it. */
import { getSystemErrorName } from 'node:util';

/** Trouble of the system, by the name of its errno. */
export class StartFault extends Error {
  override readonly name = 'StartFault';
  /** `ENOENT`, `EACCES`, `EAGAIN`, `EMFILE`, ... */
  readonly code: string;

  constructor(code: string, doing: string) {
    super(`${doing}: ${code}`);
    this.code = code;
  }
}

/** `ENOENT` for 2. */
export const errnoName = (errno: number): string => getSystemErrorName(-errno);

/** The errno name in an error of Node's, or `EIO` for an error that has none. */
export const codeOf = (error: unknown): string => {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : 'EIO';
};

/** The same trouble as a `StartFault`. */
export const asStartFault = (error: unknown, doing: string): StartFault =>
  error instanceof StartFault ? error : new StartFault(codeOf(error), doing);
