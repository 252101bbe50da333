/** What the tests of this package hand to a queue. */
import type { Envelope, Mailbox } from '@postern/core';

export const mailbox = (address: string): Mailbox => {
  const at = address.lastIndexOf('@');
  return { localPart: address.slice(0, at), domain: address.slice(at + 1) };
};

export const envelope = (recipients = ['bob@example.net'], sender: string | null = 'alice@example.com'): Envelope => ({
  sender: sender === null ? null : mailbox(sender),
  recipients: recipients.map(mailbox),
  body: '8bitmime',
  smtputf8: false,
});

export async function* message(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk as string);
}

export const HELLO = 'From: alice@example.com\nTo: bob@example.net\nSubject: one\n\nHello.\n';
