/** What a program behind tcpserver and qmail-smtpd finds in its environment about the connection (tcp-environ(5)). */
import type { QueueContext } from '../ports/queue.js';

export function sessionVariables(context: QueueContext): Record<string, string> {
  const { peer, local, identity } = context;
  const variables: Record<string, string> = { PROTO: 'TCP' };
  if (peer.address !== '') {
    variables['TCPREMOTEIP'] = peer.address;
    variables['TCPREMOTEPORT'] = String(peer.port);
  }
  if (local.address !== '') {
    variables['TCPLOCALIP'] = local.address;
    variables['TCPLOCALPORT'] = String(local.port);
  }
  // Present and empty: relaying is allowed, and nothing is appended to recipients (qmail-smtpd(8)).
  if (identity !== undefined) variables['RELAYCLIENT'] = '';
  return variables;
}

interface Made {
  readonly loggedIn: boolean;
  readonly local: QueueContext['local'];
  readonly env: Readonly<Record<string, string>>;
}

/** The environment of a program, made once for a session: it is frozen, so that it is encoded for the system once, too. */
export class Environments {
  readonly #base: Readonly<Record<string, string>>;
  // By the client's endpoint, which is one object as long as the connection.
  readonly #made = new WeakMap<object, Made>();

  constructor(base: Readonly<Record<string, string>>) {
    this.#base = base;
  }

  of(context: QueueContext): Readonly<Record<string, string>> {
    const { peer, local, identity } = context;
    const loggedIn = identity !== undefined;
    const found = this.#made.get(peer);
    if (found?.loggedIn === loggedIn && found.local === local) return found.env;
    const env = Object.freeze({ ...this.#base, ...sessionVariables(context) });
    this.#made.set(peer, { loggedIn, local, env });
    return env;
  }
}
