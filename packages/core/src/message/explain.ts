/** What would become of a message, and why: for a person who asks before sending. Nothing is sent. */
import type { Mailbox } from '../base/mailbox.js';
import { rawAddress } from '../base/mailbox.js';
import { MessageFault } from '../base/message-fault.js';
import type { FaultCause } from '../base/message-fault.js';
import type { Change } from './changes.js';
import type { MessageFacts } from './facts.js';
import { chooseName } from './names-choice.js';
import type { MessageOptions } from './options.js';
import { prepareMessage } from './prepare.js';

/** One address of the envelope. */
export interface EnvelopeLine {
  readonly role: 'sender' | 'recipient';
  readonly before: Mailbox | null;
  readonly after: Mailbox | null;
  /** The rules that changed it, in order; empty if nothing did. */
  readonly rules: readonly string[];
}

export interface Explanation {
  /** Why the message would not be taken; the rest is then what is known so far. */
  readonly fault?: FaultCause;
  readonly envelope: readonly EnvelopeLine[];
  /** What the queue would read on descriptor 1 (qmail-queue(8)): `F`, sender, NUL, then `T`, recipient, NUL, ..., NUL. */
  readonly envelopeOctets: Buffer;
  /** In the order of the header. A field that is not here stays as it is. */
  readonly changes: readonly Change[];
  /** Every mailbox that the sender policy would be asked for. */
  readonly authors: readonly Mailbox[];
  /** The message that the queue would read. */
  readonly message: Buffer;
}

/**
 * Explains one message.
 *
 * @param message LF line ends, no dot-stuffing
 * @param facts sender and recipients as the client would give them: they are completed here
 */
export function explainMessage(message: Uint8Array, facts: MessageFacts, options: MessageOptions): Explanation {
  const envelope = [
    completed('sender', facts.sender, options),
    ...facts.recipients.map((to) => completed('recipient', to, options)),
  ];
  const [from, ...recipients] = envelope;
  const sender = from?.after ?? null;
  const whole = { ...facts, sender, recipients: recipients.map((line) => line.after).filter((to) => to !== null) };
  const preparation = prepareMessage(whole, options, true);
  const lines = envelope.map((line) => (line.role === 'sender' ? named(line, whole, options) : line));
  const octets: Uint8Array[] = [];
  let fault: FaultCause | undefined;
  try {
    octets.push(...preparation.push(message), ...preparation.end());
  } catch (error) {
    if (!(error instanceof MessageFault)) throw error;
    fault = error.reason;
  }
  return {
    ...(fault === undefined ? {} : { fault }),
    envelope: lines,
    envelopeOctets: envelopeOctets(lines),
    changes: preparation.changes,
    authors: preparation.authors,
    message: Buffer.concat(octets),
  };
}

function completed(role: EnvelopeLine['role'], before: Mailbox | null, options: MessageOptions): EnvelopeLine {
  if (before === null) return { role, before, after: null, rules: [] };
  const after = options.rewrite(before);
  const rules = after === before ? [] : (options.rewrite.trace?.(before) ?? ['rewritten']);
  return { role, before, after, rules: rules.map((rule) => `host ${rule}`) };
}

function named(line: EnvelopeLine, facts: MessageFacts, options: MessageOptions): EnvelopeLine {
  const chosen = chooseName(facts, options);
  if (chosen === undefined) return line;
  return { ...line, after: chosen.entry.address, rules: [...line.rules, chosen.own ? 'own-name-table' : 'name-table'] };
}

const envelopeOctets = (lines: readonly EnvelopeLine[]): Buffer =>
  Buffer.from(
    `${lines.map(({ role, after }) => `${role === 'sender' ? 'F' : 'T'}${after === null ? '' : rawAddress(after)}\0`).join('')}\0`,
    'utf8',
  );
