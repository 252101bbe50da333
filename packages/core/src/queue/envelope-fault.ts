/** What a queue answers to an envelope that no queue can take. */
import type { QueueResult } from '../ports/queue.js';
import type { EnvelopeFault } from './envelope-bytes.js';

/** @param limit the octets of an address that the queue takes, for the log */
export function resultOfFault(fault: EnvelopeFault, limit: number): QueueResult {
  switch (fault) {
    case 'bad-address':
      return {
        outcome: 'refused',
        status: [1, 3],
        text: 'Bad characters in an address',
        cause: 'control characters in an address, or an empty one',
      };
    case 'address-too-long':
      return {
        outcome: 'refused',
        status: [1, 3],
        text: 'Address too long',
        cause: `address over ${limit} octets`,
      };
    // A queue would take it, and the message would be gone. No client can bring this about: it is a bug of ours.
    case 'no-recipients':
      return { outcome: 'deferred', cause: 'bug: an envelope without recipients' };
  }
}
