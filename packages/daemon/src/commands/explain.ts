/** `posternd explain`: what would become of a message, field by field, and why. Nothing is sent. */
import { userInfo } from 'node:os';
import { buffer } from 'node:stream/consumers';
import {
  explainMessage,
  faultReplies,
  formatPath,
  formatReply,
  LineEndings,
  messageOptions,
  parsePath,
  rawAddress,
} from '@postern/core';
import type { Change, Explanation, Mailbox, MessageFacts } from '@postern/core';
import type { CommandLine } from '../command-line.js';
import { UsageError } from '../command-line.js';
import { oneLine } from '../config/configuration-error.js';
import { loadConfiguration } from '../config/load.js';
import { messageTools } from '../process/assembly.js';
import { DEFAULT_FILE } from './find-configuration.js';

/** Resolves with 0 if the message would be taken, else 1. @throws ConfigurationError, UsageError */
export async function explainCommand(line: CommandLine): Promise<number> {
  const configuration = loadConfiguration(line.config ?? DEFAULT_FILE);
  const { hostname, message, limits } = configuration;
  // What the server does where nothing is said about hosts, told as the rule that it would be.
  const rewrite = Object.assign(
    (mailbox: Mailbox): Mailbox => (mailbox.domain === '' ? { ...mailbox, domain: hostname } : mailbox),
    { trace: () => [`=:${hostname}`] },
  );
  const options = messageOptions(
    { ...message, sizeLimit: limits.messageSize ?? 0 },
    { idHost: hostname, rewrite, ...messageTools(configuration) },
  );
  const facts: MessageFacts = {
    id: 'explain',
    hostname,
    helo: 'explain',
    peer: { address: '127.0.0.1', port: 0 },
    extended: true,
    authenticated: true,
    sender: line.from === undefined ? { localPart: userInfo().username, domain: '' } : address(line.from),
    recipients: line.to.map((to) => address(to) ?? notAnAddress(to)),
    time: new Date(),
  };
  // A file on disk has LF line ends, and what a client sends has CRLF: both are taken here.
  const lines = new LineEndings('normalise');
  const octets = Buffer.concat([...lines.push(await buffer(process.stdin)), ...lines.end()]);
  const explanation = explainMessage(octets, facts, options);
  process.stdout.write(explain(explanation));
  return explanation.fault === undefined ? 0 : 1;
}

/** `null` for the empty address. */
function address(text: string): Mailbox | null {
  if (text === '' || text === '<>') return null;
  const path = parsePath(text);
  // `a b` would be the address `a` with a parameter.
  return path?.parameters.size === 0 && path.mailbox !== null ? path.mailbox : notAnAddress(text);
}

function notAnAddress(text: string): never {
  throw new UsageError(`${JSON.stringify(text)} is no address`);
}

function explain(explanation: Explanation): string {
  const lines = ['Envelope'];
  for (const { role, before, after, rules } of explanation.envelope) {
    const changed = rules.length === 0 ? '' : `   (${rules.join(', ')})`;
    lines.push(
      `  ${role.padEnd(9)} ${formatPath(before)}${rules.length === 0 ? '' : ` -> ${formatPath(after)}`}${changed}`,
    );
  }
  lines.push(`  octets    ${JSON.stringify(explanation.envelopeOctets.toString('latin1'))}`, '', 'Header');
  if (explanation.changes.length === 0) lines.push('  nothing changes but for Received on top');
  for (const change of explanation.changes) lines.push(...describe(change));
  if (explanation.authors.length > 0) {
    lines.push('', `The sender policy is asked for ${explanation.authors.map(rawAddress).join(', ')}`);
  }
  if (explanation.fault !== undefined) {
    lines.push('', `Not taken: ${formatReply(faultReplies[explanation.fault]).trim()}`);
  } else lines.push('', `The queue would read ${explanation.message.length} octets.`);
  return `${lines.map(oneLine).join('\n')}\n`;
}

function describe(change: Change): string[] {
  const why = change.rules.length === 0 ? '' : `   (${change.rules.join(', ')})`;
  const shown = (sign: string, text: string | undefined): string[] =>
    text === undefined
      ? []
      : text
          .trimEnd()
          .split('\n')
          .map((part) => `    ${sign} ${part}`);
  return [`  ${change.action} ${change.field}${why}`, ...shown('-', change.before), ...shown('+', change.after)];
}
