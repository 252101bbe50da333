/**
 * What a QMQP client sends: one netstring that holds the message, the sender and the recipients as netstrings
 * (cr.yp.to/proto/qmqp.html). Knows nothing of sockets.
 */
import type { Envelope, EnvelopeFault, Mailbox } from '@postern/core';
import { rawAddress } from '@postern/core';

// "Addresses are under 1000 bytes" is what servers are promised.
export const ADDRESS_LIMIT = 999;

// A NUL would let a client write envelope records of its own once the server runs qmail-queue; the others end lines in
// files that qmail keeps.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;

/** What is wrong with the addresses, if anything. The null sender is right; no recipients at all is not. */
export function checkAddresses(envelope: Envelope): EnvelopeFault | undefined {
  if (envelope.recipients.length === 0) return 'no-recipients';
  const mailboxes: readonly Mailbox[] =
    envelope.sender === null ? envelope.recipients : [envelope.sender, ...envelope.recipients];
  for (const mailbox of mailboxes) {
    const address = rawAddress(mailbox);
    if (address === '' || CONTROL.test(address)) return 'bad-address';
    if (Buffer.byteLength(address) > ADDRESS_LIMIT) return 'address-too-long';
  }
  return undefined;
}

export interface Frame {
  /** Goes before the message. */
  readonly head: Buffer;
  /** Goes behind the message. Its last octet is what makes the server commit. */
  readonly tail: Buffer;
}

/** Only for an envelope in which `checkAddresses` finds nothing. `length` is the message's, in octets. */
export function frame(envelope: Envelope, length: number): Frame {
  const parts: Uint8Array[] = [Buffer.from(',')];
  const add = (address: string): void => {
    const octets = Buffer.from(address, 'utf8');
    parts.push(Buffer.from(`${octets.length}:`), octets, Buffer.from(','));
  };
  add(envelope.sender === null ? '' : rawAddress(envelope.sender));
  for (const recipient of envelope.recipients) add(rawAddress(recipient));
  const inner = Buffer.from(`${length}:`);
  const rest = Buffer.concat(parts);
  return {
    head: Buffer.concat([Buffer.from(`${inner.length + length + rest.length}:`), inner]),
    tail: Buffer.concat([rest, Buffer.from(',')]),
  };
}
