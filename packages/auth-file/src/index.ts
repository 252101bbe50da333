/**
 * @postern/auth-file: logins from a file, in clear or hashed with scrypt.
 *
 * @module
 */
export { file } from './verifier.js';
export type { FileOptions } from './options.js';
export type { LoginCase } from './users.js';
export { hashPassword } from './password-hash.js';
export type { ScryptParameters } from './password-hash.js';
export { updateUser } from './update.js';
// The name under which the daemon looks for a verifier's factory in a module.
export { file as verifier } from './verifier.js';
