/**
 * Logins from a file. A refusal takes the same time whether the login exists or not, and however its password is kept.
 * Knows no SMTP.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { gate } from '@postern/core';
import type { Check, CramCredentials, Credentials, Gate, PasswordCredentials, Verdict, Verifier } from '@postern/core';
import { fileSettings } from './options.js';
import type { FileOptions } from './options.js';
import { matches } from './password-hash.js';
import type { PasswordHash } from './password-hash.js';
import { userFile } from './user-file.js';
import { loginKey } from './users.js';
import type { Entry, Users } from './users.js';

/**
 * A verifier for a file of `login:password` and `login:$scrypt$...` lines.
 *
 * It checks passwords, and CRAM-MD5 answers as long as some entry is in clear.
 *
 * @throws OptionError if the options are wrong, or the file cannot be read, may be read by others, or has a bad line.
 *
 * @example
 *
 *     const verifier = file({ path: '/etc/postern/users' });
 */
export function file(options: FileOptions): Verifier {
  const settings = fileSettings(options);
  const users = userFile(settings.path, settings.loginCase, settings.onFault);
  const places = gate(settings);
  return {
    name: 'file',
    get checks() {
      return users.current().someInClear ? BOTH : PASSWORD;
    },
    async verify(credentials, { signal }) {
      if (signal.aborted) return ABORTED;
      const found = users.current();
      const entry = found.entries.get(loginKey(credentials.login, settings.loginCase));
      const verdict =
        credentials.kind === 'password'
          ? await checkPassword(credentials, entry, found, places, signal)
          : checkDigest(credentials, entry);
      return verdict ?? accepted(credentials);
    },
  };
}

const PASSWORD: ReadonlySet<Check> = new Set(['password']);
const BOTH: ReadonlySet<Check> = new Set(['password', 'cram-md5']);

const REJECTED: Verdict = { outcome: 'rejected' };
const ABORTED: Verdict = { outcome: 'unavailable', cause: 'the client did not wait' };

const accepted = (credentials: Credentials): Verdict => ({
  outcome: 'accepted',
  identity: { login: credentials.login },
});

/** `undefined`: it is right. */
async function checkPassword(
  credentials: PasswordCredentials,
  entry: Entry | undefined,
  users: Users,
  places: Gate,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  const password = credentials.password.bytes();
  // HMAC fills keys up with NUL (RFC 2104 §2), so scrypt takes "secret" and "secret\0" for the same password.
  if (password.length === 0 || password.includes(0)) return REJECTED;
  // A login that is not there is compared all the same.
  const equal = equalInConstantTime(password, entry?.kind === 'clear' ? entry.password : NOBODY);
  if (entry?.kind === 'clear' && equal) return undefined;
  // Unless nobody's password is hashed, every refusal costs a hash: for a wrong password in clear too.
  const hash = entry?.kind === 'hashed' ? entry.hash : users.dummy;
  if (hash === undefined) return REJECTED;
  const same = await hashed(password, hash, places, signal);
  if (typeof same !== 'boolean') return same;
  return same && entry?.kind === 'hashed' ? undefined : REJECTED;
}

async function hashed(
  password: Buffer,
  hash: PasswordHash,
  places: Gate,
  signal: AbortSignal,
): Promise<boolean | Verdict> {
  // Taken before any waiting: the caller wipes the password when it does not want to wait any longer.
  const own = Buffer.from(password);
  const leave = await places.enter(signal);
  if (leave === undefined) {
    own.fill(0);
    return signal.aborted ? ABORTED : { outcome: 'unavailable', cause: 'too many logins are waiting' };
  }
  try {
    return await matches(own, hash);
  } catch (error) {
    return { outcome: 'unavailable', cause: `scrypt: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    own.fill(0);
    leave();
  }
}

/**
 * RFC 2195 §2. A login whose password is hashed has no digest, and is rejected like one that is not there: "could not find
 * out" would tell who has which, and would be the answer for ever.
 */
function checkDigest(credentials: CramCredentials, entry: Entry | undefined): Verdict | undefined {
  const secret = entry?.kind === 'clear' ? entry.password : NOBODY;
  const digest = createHmac('md5', secret).update(credentials.challenge).digest();
  const response = Buffer.from(credentials.response, 'hex');
  const same = response.length === digest.length && timingSafeEqual(response, digest);
  return same && entry?.kind === 'clear' && credentials.response.length === 32 ? undefined : REJECTED;
}

// Neither a password nor a key that anybody could guess.
const NOBODY = randomBytes(32);
const KEY = randomBytes(32);

/** By digests: the time tells neither where two passwords differ nor how long the kept one is. */
const equalInConstantTime = (a: Buffer, b: Buffer): boolean =>
  timingSafeEqual(createHmac('sha256', KEY).update(a).digest(), createHmac('sha256', KEY).update(b).digest());
