/** Ready-made sender policies. */
import type { Mailbox } from '../base/mailbox.js';
import { rawAddress } from '../base/mailbox.js';
import type { SenderPolicy } from '../ports/sender-policy.js';

/** Everybody may send as anything: what ofmipd does. */
export const anySender: SenderPolicy = { name: 'any', maySendAs: () => true };

/**
 * A user whose addresses the verifier knows may send as those and no other; a user whose addresses it does not know may
 * send as anything.
 */
export const knownSenders: SenderPolicy = {
  name: 'known',
  maySendAs: (identity, mailbox) => identity.addresses === undefined || isAmong(identity.addresses, mailbox),
};

/** As `knownSenders`, but a user without known addresses may send as the login alone, where that is an address. */
export const ownSenders: SenderPolicy = {
  name: 'own',
  maySendAs: (identity, mailbox) => isAmong(identity.addresses ?? [identity.login], mailbox),
};

/** `user@example.com`, `@example.com`, or a bare local part, which matches in any domain of this host. */
function isAmong(addresses: readonly string[], mailbox: Mailbox): boolean {
  const raw = rawAddress(mailbox).toLowerCase();
  return addresses.some((entry) => {
    const address = entry.toLowerCase();
    if (address.startsWith('@')) return raw.endsWith(address);
    return address.includes('@') ? raw === address : mailbox.localPart.toLowerCase() === address;
  });
}
