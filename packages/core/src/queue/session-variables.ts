/** What a program behind tcpserver and qmail-smtpd finds in its environment about the connection (tcp-environ(5)). */
import type { QueueContext } from '../ports/queue.js';

export function sessionVariables(context: QueueContext): Record<string, string> {
  const { peer, local, identity } = context;
  return {
    PROTO: 'TCP',
    ...(peer.address === '' ? {} : { TCPREMOTEIP: peer.address, TCPREMOTEPORT: String(peer.port) }),
    ...(local.address === '' ? {} : { TCPLOCALIP: local.address, TCPLOCALPORT: String(local.port) }),
    // Present and empty: relaying is allowed, and nothing is appended to recipients (qmail-smtpd(8)).
    ...(identity === undefined ? {} : { RELAYCLIENT: '' }),
  };
}
