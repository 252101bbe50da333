/** What the command line of the benchmark may say. */
import { shapes } from './shapes.mjs';

export const usage = `usage: npm run bench -- [shape...] [options]

shapes: ${shapes.map(({ name }) => name).join(' ')} (default: all)

  --peer HOST:PORT       another server to measure, implicit TLS and AUTH PLAIN; may be repeated; NAME=HOST:PORT names it
  --peer-pids NAME=PID   a process of that server, to count its CPU time and memory; may be repeated
  --login NAME           for every server (default: bench)
  --password WORD        for every server (default: bench-password)
  --checkpassword PATH   a checkpassword that accepts them (default: cvm-checkpassword where Debian's is installed)
  --qmail-queue PATH     a qmail-queue (default: /var/qmail/bin/qmail-queue where there is one)
  --cert FILE --key FILE for every server started here (default: throwaway, EC P-256)
  --only WORD            only servers whose name contains it; may be repeated
  --seconds N            one run (default: 3)
  --warm-up N            seconds of load for each server before anything is measured (default: 1). Code that V8 has not
                         compiled yet is slow: about 10,000 sessions make it as quick as it gets
  --rounds N             runs of each server in each shape (default: 3)
  --idle N               sessions of the shape "idle" (default: 300)
  --between COMMAND      run by sh after every run, to empty a queue that nobody delivers
  --results NAME         bench/results/NAME.md and .json (default: latest)`;

/**
 * @typedef {object} Settings
 * @property {import('./shapes.mjs').Shape[]} shapes
 * @property {{ name: string, host: string, port: number, pids: number[] }[]} peers
 * @property {string} login
 * @property {string} password
 * @property {string | undefined} checkpassword
 * @property {string | undefined} qmailQueue
 * @property {string | undefined} cert
 * @property {string | undefined} key
 * @property {string[]} only
 * @property {number} seconds
 * @property {number} warmUp seconds
 * @property {number} rounds
 * @property {number} idle
 * @property {string | undefined} between
 * @property {string} results
 */

/**
 * @param {string[]} argv
 * @returns {Settings}
 * @throws {Error} with one line for the person who typed it
 */
export function readArguments(argv) {
  /** @type {Settings} */
  const settings = {
    shapes: [],
    peers: [],
    login: 'bench',
    password: 'bench-password',
    checkpassword: undefined,
    qmailQueue: undefined,
    cert: undefined,
    key: undefined,
    only: [],
    seconds: 3,
    warmUp: 1,
    rounds: 3,
    idle: 300,
    between: undefined,
    results: 'latest',
  };
  const pids = new Map();
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    const shape = shapes.find(({ name }) => name === word);
    if (shape !== undefined) {
      settings.shapes.push(shape);
      continue;
    }
    if (!word.startsWith('--')) throw new Error(`${word}: not a shape`);
    const value = argv[++i];
    if (value === undefined) throw new Error(`${word}: needs a value`);
    switch (word) {
      case '--peer':
        settings.peers.push(readPeer(value));
        break;
      case '--peer-pids': {
        const [name, pid] = value.split('=');
        pids.set(name, [...(pids.get(name) ?? []), number(word, pid, 1)]);
        break;
      }
      case '--only':
        settings.only.push(value);
        break;
      case '--seconds':
      case '--rounds':
      case '--idle':
        settings[word.slice(2)] = number(word, value, word === '--seconds' ? 0.1 : 1);
        break;
      case '--warm-up':
        settings.warmUp = number(word, value, 0.1);
        break;
      case '--login':
      case '--password':
      case '--checkpassword':
      case '--cert':
      case '--key':
      case '--between':
      case '--results':
        settings[word.slice(2)] = value;
        break;
      case '--qmail-queue':
        settings.qmailQueue = value;
        break;
      default:
        throw new Error(`${word}: unknown`);
    }
  }
  if (settings.shapes.length === 0) settings.shapes = [...shapes];
  for (const peer of settings.peers) peer.pids.push(...(pids.get(peer.name) ?? []));
  return settings;
}

function readPeer(text) {
  const found = /^(?:([^=]+)=)?(.+):(\d+)$/.exec(text);
  if (found === null) throw new Error(`--peer ${text}: HOST:PORT or NAME=HOST:PORT`);
  const host = found[2].replace(/^\[(.*)\]$/, '$1');
  return { name: found[1] ?? text, host, port: Number(found[3]), pids: [] };
}

function number(word, text, least) {
  const value = Number(text);
  if (!(value >= least)) throw new Error(`${word} ${text}: a number from ${least}`);
  return value;
}
