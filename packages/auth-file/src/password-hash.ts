/**
 * scrypt hashes in the PHC string format: `$scrypt$ln=15,r=8,p=1$salt$hash`, salt and hash in base64 without padding. Knows
 * nothing of users and files.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@postern/core';

/** RFC 7914 §2. */
export interface ScryptParameters {
  /** Two to this power is the cost. Default 15. */
  readonly ln: number;
  /** Block size. Default 8. */
  readonly r: number;
  /** Parallelism. Default 1. */
  readonly p: number;
}

export interface PasswordHash extends ScryptParameters {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export const DEFAULT_PARAMETERS: ScryptParameters = Object.freeze({ ln: 15, r: 8, p: 1 });

const SALT_OCTETS = 16;
const HASH_OCTETS = 32;

// A line in the file must not be able to eat the memory of the host: 128 * r * 2^ln octets a login.
const MOST_MEMORY = 256 * 1024 * 1024;

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Octets of memory that one computation takes. */
const memoryOf = ({ ln, r }: ScryptParameters): number => 128 * r * 2 ** ln;

/** Relative cost in time. */
export const costOf = ({ ln, r, p }: ScryptParameters): number => 2 ** ln * r * p;

/** True for every text that claims to be a hash, right or not: such a text is never a password in clear. */
export const looksLikeHash = (text: string): boolean => text.startsWith('$scrypt$');

/** `undefined` if it is not a hash, or one that costs more than this host should be asked for. */
export function parseHash(text: string): PasswordHash | undefined {
  const found = PHC.exec(text);
  if (found === null) return undefined;
  const [, ln = '', r = '', p = '', salt = '', hash = ''] = found;
  const parameters = { ln: Number(ln), r: Number(r), p: Number(p) };
  if (parameters.ln < 1 || parameters.r < 1 || parameters.p < 1 || parameters.p > 16) return undefined;
  if (memoryOf(parameters) > MOST_MEMORY) return undefined;
  return { ...parameters, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
}

/**
 * A new hash of `password`, for a line of the users file.
 *
 * @throws RangeError for an empty password, or parameters that cost too much.
 *
 * @example
 *
 *     await updateUser('/etc/postern/users', 'alice', await hashPassword('wonderland'));
 */
export async function hashPassword(
  password: string | Secret,
  parameters: Partial<ScryptParameters> = {},
): Promise<string> {
  const wanted: ScryptParameters = { ...DEFAULT_PARAMETERS, ...parameters };
  const octets = typeof password === 'string' ? Buffer.from(password, 'utf8') : password.bytes();
  if (octets.length === 0) throw new RangeError('an empty password is no password');
  const salt = randomBytes(SALT_OCTETS);
  const { ln, r, p } = wanted;
  const encode = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
  const text = (hash: Buffer): string => `$scrypt$ln=${ln},r=${r},p=${p}$${encode(salt)}$${encode(hash)}`;
  if (parseHash(text(Buffer.alloc(HASH_OCTETS))) === undefined)
    throw new RangeError(`scrypt parameters ln=${ln},r=${r},p=${p}`);
  return text(await derive(octets, salt, HASH_OCTETS, wanted));
}

/** Takes as long for a wrong password as for the right one. Runs on a thread of the pool. */
export async function matches(password: Uint8Array, expected: PasswordHash): Promise<boolean> {
  const found = await derive(password, expected.salt, expected.hash.length, expected);
  return timingSafeEqual(found, expected.hash);
}

/** A hash that no password is known for, at the cost of `parameters`: for logins that do not exist. */
export const dummyHash = (parameters: ScryptParameters): PasswordHash => ({
  ln: parameters.ln,
  r: parameters.r,
  p: parameters.p,
  salt: randomBytes(SALT_OCTETS),
  hash: randomBytes(HASH_OCTETS),
});

function derive(password: Uint8Array, salt: Buffer, length: number, parameters: ScryptParameters): Promise<Buffer> {
  const { ln, r, p } = parameters;
  return new Promise((resolve, reject) => {
    scrypt(
      password,
      salt,
      length,
      { N: 2 ** ln, r, p, maxmem: 2 * memoryOf(parameters) + 1024 * 1024 },
      (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      },
    );
  });
}
