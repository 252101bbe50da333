/**
 * Verifier that logs in to a POP3 server.
 *
 * @module
 */
export { pop3 } from './verifier.js';
export type { Pop3Options } from './options.js';
// The name under which the daemon looks for a verifier's factory in a module.
export { pop3 as verifier } from './verifier.js';
