/**
 * Verifier that binds to an LDAP directory.
 *
 * @module
 */
export { ldap } from './verifier.js';
export type { LdapOptions } from './options.js';
// The name under which the daemon looks for a verifier's factory in a module.
export { ldap as verifier } from './verifier.js';
