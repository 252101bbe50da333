/** What is sent, and how: the rows of the report. */

/**
 * @typedef {object} Shape
 * @property {string} name
 * @property {string} title
 * @property {number} connections at a time
 * @property {number} messages in one connection
 * @property {number} size octets of one message
 * @property {boolean} [idle] sessions are opened, log in, and stay
 */

/** @type {readonly Shape[]} */
export const shapes = [
  { name: '1x1', title: '1 connection, one message each', connections: 1, messages: 1, size: 1024 },
  { name: '8x1', title: '8 connections, one message each', connections: 8, messages: 1, size: 1024 },
  { name: '32x1', title: '32 connections, one message each', connections: 32, messages: 1, size: 1024 },
  { name: '8x20', title: '8 connections, 20 messages each', connections: 8, messages: 20, size: 1024 },
  { name: '10MB', title: '2 connections, one message of 10 MB each', connections: 2, messages: 1, size: 10_000_000 },
  { name: 'idle', title: 'idle sessions, logged in', connections: 16, messages: 0, size: 0, idle: true },
];
