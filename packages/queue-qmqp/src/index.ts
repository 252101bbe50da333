/**
 * A queue that hands messages to QMQP servers: many queue hosts behind one front end, or the local one without starting a
 * process.
 *
 * @module
 */
export { qmqp } from './queue.js';
export type { QmqpTools } from './queue.js';
export type { QmqpOptions } from './options.js';
