/** What a queue answers to an envelope that no queue can take. */
import type { QueueResult } from '../ports/queue.js';
import type { EnvelopeFault } from './envelope-bytes.js';

const results: Readonly<Record<EnvelopeFault, QueueResult>> = {
  'bad-address': {
    outcome: 'refused',
    status: [1, 3],
    text: 'Bad characters in an address',
    cause: 'control characters in an address, or an empty one',
  },
  'address-too-long': {
    outcome: 'refused',
    status: [1, 3],
    text: 'Address too long',
    cause: 'address over 1002 octets',
  },
  // qmail-queue would take it, and the message would be gone. No client can bring this about: it is a bug of ours.
  'no-recipients': { outcome: 'deferred', cause: 'bug: an envelope without recipients' },
};

export const resultOfFault = (fault: EnvelopeFault): QueueResult => results[fault];
