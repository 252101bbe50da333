/**
 * Verifier that asks any program.
 *
 * @module
 */
export { command } from './verifier.js';
export type { CommandOptions } from './options.js';
// The name under which the daemon looks for a verifier's factory in a module.
export { command as verifier } from './verifier.js';
