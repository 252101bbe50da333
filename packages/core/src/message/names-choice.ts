/** Whom a name table makes of the envelope sender, and whose table it is. */
import type { Mailbox } from '../base/mailbox.js';
import type { MessageFacts } from './facts.js';
import type { NameEntry } from './names.js';
import type { MessageOptions } from './options.js';

export interface ChosenName {
  readonly entry: NameEntry;
  /** From the user's own table: the sender policy has to agree. */
  readonly own: boolean;
}

/** A user's own table takes the place of the server's, as in `ofmipd ~/.ofmipd/rules.cdb`. @throws Error for a damaged table. */
export function chooseName(facts: MessageFacts, options: MessageOptions): ChosenName | undefined {
  const own = facts.home === undefined ? undefined : options.userNames?.(facts.home);
  const entry = (own ?? options.names)?.find(facts.sender);
  return entry === undefined ? undefined : { entry, own: own !== undefined };
}

/** The envelope sender for the queue. */
export const envelopeSender = (facts: MessageFacts, chosen: ChosenName | undefined): Mailbox | null =>
  chosen === undefined ? facts.sender : chosen.entry.address;
