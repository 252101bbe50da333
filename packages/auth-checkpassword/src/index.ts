/**
 * @postern/auth-checkpassword: logins are checked by a checkpassword program.
 *
 * @module
 */
export { checkpassword } from './verifier.js';
export type { CheckpasswordOptions, CramOrder } from './options.js';
export type { Flavour } from './exit-code.js';
export { probe } from './probe.js';
export type { Finding, ProbeTools } from './probe.js';
// The name under which the daemon looks for a verifier's factory in a module.
export { checkpassword as verifier } from './verifier.js';
