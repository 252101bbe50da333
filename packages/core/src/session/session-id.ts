/** Names for sessions: in every log line, and in the replies that a user may send a picture of. */
import { randomFillSync } from 'node:crypto';

const DIGITS = '0123456789abcdefghijklmnopqrstuv';
const LENGTH = 16;

// Chance is fetched for many sessions at once; each octet is used for one digit and never again.
const chance = Buffer.alloc(64 * LENGTH);
let used = chance.length;

/** 80 random bits: short enough to be read out on the telephone, long enough never to come twice. */
export function newSessionId(): string {
  if (used === chance.length) {
    randomFillSync(chance);
    used = 0;
  }
  let id = '';
  for (const end = used + LENGTH; used < end; used++) id += DIGITS[(chance[used] ?? 0) & 31] ?? '';
  return id;
}
