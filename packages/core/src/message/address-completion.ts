/** Completes the addresses of one field: the hosts that the rewriting rules change, and what is missing between them. */
import type { Mailbox } from '../base/mailbox.js';

import { readAddressList } from './address-list.js';
import type { AddressSpan } from './address-span.js';
import type { Edit } from './edits.js';
import { textOf } from './octet-text.js';
import { readPlainList } from './plain-list.js';
import type { Rewrite } from './rewrite.js';

export interface CompletedList {
  /** Offsets into the text that was given. */
  readonly edits: readonly Edit[];
  /** Every mailbox, completed; doubtful ones as well. */
  readonly mailboxes: readonly Mailbox[];
  readonly empty: boolean;
}

/** @param mend false: nothing is changed but hosts. */
export function completeList(text: string, rewrite: Rewrite, mend: boolean): CompletedList {
  const list = readPlainList(text) ?? readAddressList(text);
  const edits: Edit[] = mend ? [...list.mends] : [];
  const mailboxes: Mailbox[] = [];
  for (const span of list.addresses) {
    const mailbox = span.understood ? rewrite(span.mailbox) : span.mailbox;
    mailboxes.push(asText(mailbox));
    if (mailbox !== span.mailbox) edits.push(hostEdit(span, mailbox.domain, rewrite));
  }
  for (const span of list.doubtful) mailboxes.push(asText(rewrite(span.mailbox)));
  if (edits.length > list.mends.length && list.mends.length > 0) edits.sort(byPlace);
  return { edits, mailboxes, empty: list.empty };
}

function asText(mailbox: Mailbox): Mailbox {
  const localPart = textOf(mailbox.localPart);
  const domain = textOf(mailbox.domain);
  return localPart === mailbox.localPart && domain === mailbox.domain ? mailbox : { localPart, domain };
}

// A host is put in where the address ends, and a comma after it: hosts first.
const byPlace = (a: Edit, b: Edit): number => a.start - b.start || Number(isMend(a)) - Number(isMend(b));

const isMend = (edit: Edit): boolean => !edit.rule.startsWith('host');

function hostEdit(span: AddressSpan, domain: string, rewrite: Rewrite): Edit {
  const rule = `host ${rewrite.trace?.(span.mailbox).join(' ') ?? 'rewritten'}`;
  return { start: span.hostStart, end: span.hostEnd, text: span.hasAt ? domain : `@${domain}`, rule };
}
