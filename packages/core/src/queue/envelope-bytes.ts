/**
 * The envelope as qmail-queue(8) reads it from descriptor 1. Knows nothing of processes, and nothing of how clients write
 * addresses: those have been read long before.
 */
import type { Envelope } from '../base/envelope.js';
import { rawAddress } from '../base/mailbox.js';

/** Why an envelope cannot be handed to a queue. */
export type EnvelopeFault = 'bad-address' | 'address-too-long' | 'no-recipients';

/**
 * qmail-queue(8) takes addresses of at most 1002 octets. Longer ones make it exit 11 and leave files behind, so they are
 * found before it runs.
 */
export const ADDRESS_LIMIT = 1002;

// A NUL would end the address early and let a client write records of its own; the others end lines in files and logs
// that qmail keeps.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;

/** What is wrong with the addresses, if anything. The null sender is right; no recipients at all is not. */
export function checkEnvelope(envelope: Envelope, limit = ADDRESS_LIMIT): EnvelopeFault | undefined {
  if (envelope.recipients.length === 0) return 'no-recipients';
  const addresses = envelope.sender === null ? envelope.recipients : [envelope.sender, ...envelope.recipients];
  for (const mailbox of addresses) {
    const address = rawAddress(mailbox);
    if (address === '' || CONTROL.test(address)) return 'bad-address';
    // A UTF-16 unit is at most three octets: most addresses need no counting.
    if (address.length * 3 > limit && Buffer.byteLength(address) > limit) return 'address-too-long';
  }
  return undefined;
}

/**
 * `F` sender NUL, `T` recipient NUL for each, NUL. Raw octets: no brackets, no quotes, recipients in the client's order
 * and not merged. The last NUL is what makes qmail-queue commit.
 *
 * Only for an envelope in which `checkEnvelope` finds nothing.
 */
export function envelopeBytes(envelope: Envelope): Buffer {
  let records = `F${envelope.sender === null ? '' : rawAddress(envelope.sender)}\0`;
  for (const recipient of envelope.recipients) records += `T${rawAddress(recipient)}\0`;
  return Buffer.from(`${records}\0`, 'utf8');
}
