/** /dev/null, open for both ways. One for the life of the process: opening it again would cost every start. */
import { openSync } from 'node:fs';
import { asStartFault } from './fault.js';

let opened: number | undefined;

/** The descriptor, which nobody closes. @throws StartFault */
export function nullDevice(): number {
  try {
    opened ??= openSync('/dev/null', 'r+');
  } catch (error) {
    throw asStartFault(error, '/dev/null');
  }
  return opened;
}
