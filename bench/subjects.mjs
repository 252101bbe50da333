/** Everything that may be measured. */
import { ours } from './ours/posternd.mjs';
import { aiosmtpd } from './peers/aiosmtpd.mjs';
import { given } from './peers/given.mjs';
import { mailfront } from './peers/mailfront.mjs';
import { plainNode } from './peers/plain-node.mjs';
import { postfix } from './peers/postfix.mjs';

/**
 * @typedef {object} Setting
 * @property {string} directory the subject's own
 * @property {string} cert
 * @property {string} key
 * @property {string} login
 * @property {string} password
 * @property {ReturnType<typeof import('./programs.mjs').findPrograms>} programs
 */

/**
 * @typedef {object} Started
 * @property {string} [host] default 127.0.0.1
 * @property {number} port implicit TLS, AUTH PLAIN
 * @property {number[]} pids whose CPU time and memory count; their sessions and descendants are found from there
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {(setting: Setting) => string | undefined} missing why it cannot be measured here
 * @property {(setting: Setting) => Promise<Started>} start
 */

/**
 * @param {import('./arguments.mjs').Settings} settings
 * @returns {Subject[]}
 */
export const subjects = (settings) =>
  [...ours, ...settings.peers.map(given), plainNode, mailfront, postfix, aiosmtpd].filter(
    ({ name }) => settings.only.length === 0 || settings.only.some((word) => name.includes(word)),
  );
