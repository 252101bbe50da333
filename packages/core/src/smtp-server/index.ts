/**
 * The bridge to the npm package smtp-server: as an engine, or mounted on a server that somebody already runs.
 *
 * @module
 */
export { smtpServerEngine } from './engine.js';
export { mountSession } from './mount.js';
export type { Mounted } from './mount.js';
