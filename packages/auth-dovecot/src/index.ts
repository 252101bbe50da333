/**
 * Verifier for the authentication socket of Dovecot.
 *
 * @module
 */
export { dovecot } from './verifier.js';
export type { DovecotVerifier } from './verifier.js';
export type { DovecotOptions } from './options.js';
// The name under which the daemon looks for a verifier's factory in a module.
export { dovecot as verifier } from './verifier.js';
