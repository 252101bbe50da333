/** Failed logins, counted across workers: each counts for itself and tells the others. */
import type { AttemptLimits } from '@postern/core';
import type { Channel } from './channel.js';

// Logins that failed somewhere lately. Beyond this many it is emptied: clearing a count elsewhere is a kindness, no duty.
const MOST_REMEMBERED = 10_000;

/** @param local this worker's own counting, which hears of every failure in every worker */
export function sharedAttempts(local: AttemptLimits, channel: Channel): AttemptLimits {
  const failing = new Set<string>();
  const note = (login: string): void => {
    if (failing.size >= MOST_REMEMBERED) failing.clear();
    failing.add(login);
  };
  channel.receive((gossip) => {
    if (gossip.tell === 'failed') {
      note(gossip.login);
      void local.failed(gossip.address, gossip.login);
    } else if (gossip.tell === 'succeeded') {
      failing.delete(gossip.login);
      void local.succeeded(gossip.address, gossip.login);
    }
  });
  return {
    // Answered from what is known here: a login waits for no other process.
    blocked: (address, login) => local.blocked(address, login),
    failed(address, login) {
      note(login);
      channel.send({ tell: 'failed', address, login });
      return local.failed(address, login);
    },
    succeeded(address, login) {
      // Only a login that failed has anything to clear in other workers: the usual success costs no message.
      if (failing.delete(login)) channel.send({ tell: 'succeeded', address, login });
      return local.succeeded(address, login);
    },
  };
}
