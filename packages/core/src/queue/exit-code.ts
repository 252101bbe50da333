/**
 * What an exit code of qmail-queue(8) means: one total table that ends in "temporary". Knows nothing of how it was run.
 */

export interface ExitMeaning {
  readonly outcome: 'queued' | 'refused' | 'deferred';
  /** Subject and detail of the enhanced status code (RFC 3463). */
  readonly status: readonly [subject: number, detail: number];
  /** For the log. */
  readonly cause: string;
}

const OTHER = [3, 0] as const;

const refused = (cause: string, status: ExitMeaning['status'] = OTHER): ExitMeaning => ({
  outcome: 'refused',
  status,
  cause,
});
const deferred = (cause: string, status: ExitMeaning['status'] = OTHER): ExitMeaning => ({
  outcome: 'deferred',
  status,
  cause,
});

// Codes from 11 to 40 are permanent, all others temporary (qmail-queue(8)); 115 is the old code for 11.
const table = new Map<number, ExitMeaning>([
  [0, { outcome: 'queued', status: [0, 0], cause: 'queued' }],
  [11, refused('address too long', [1, 3])],
  [31, refused('message refused')],
  [51, deferred('out of memory')],
  [52, deferred('timeout')],
  [53, deferred('write error; the disk may be full')],
  [54, deferred('unable to read the message or the envelope')],
  [55, deferred('unable to read a configuration file')],
  [56, deferred('problem making a network connection from this host')],
  [61, deferred('problem with the qmail home directory')],
  [62, deferred('problem with the queue directory')],
  [63, deferred('problem with queue/pid')],
  [64, deferred('problem with queue/mess')],
  [65, deferred('problem with queue/intd')],
  [66, deferred('problem with queue/todo')],
  [71, deferred('mail server temporarily refuses to send the message to any recipients')],
  [72, deferred('connection to the mail server timed out', [4, 1])],
  [73, deferred('connection to the mail server rejected', [4, 1])],
  [74, deferred('connection to the mail server succeeded, but communication failed', [4, 2])],
  [81, deferred('internal bug of the queue program')],
  [91, deferred('bug: it calls the envelope that we wrote malformed')],
  [115, refused('address too long', [1, 3])],
  // What a shell or a child after fork says when it cannot execute the program.
  [120, deferred('the program could not be executed')],
]);

/** Never undefined, whatever the code. */
export function exitMeaning(code: number): ExitMeaning {
  const known = table.get(code);
  if (known !== undefined) return known;
  return code >= 11 && code <= 40 ? refused('permanent failure') : deferred('unknown exit code');
}
