/**
 * Verifier that logs in to an IMAP server.
 *
 * @module
 */
export { imap } from './verifier.js';
export type { ImapOptions } from './options.js';
// The name under which the daemon looks for a verifier's factory in a module.
export { imap as verifier } from './verifier.js';
