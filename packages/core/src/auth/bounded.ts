/** So many questions to a verifier at once, so many waiting, and `unavailable` beyond that. */
import type { Gate } from '../base/gate.js';
import { leadsSasl } from '../ports/verifier.js';
import type { Verifier } from '../ports/verifier.js';
import { withExchanges } from './remembered.js';

export function bounded(verifier: Verifier, gate: Gate): Verifier {
  const behindGate: Verifier = {
    get name() {
      return verifier.name;
    },
    get checks() {
      return verifier.checks;
    },
    async verify(shown, context) {
      const leave = await gate.enter(context.signal);
      if (leave === undefined) return { outcome: 'unavailable', cause: `too many logins at once (${gate.busy} busy)` };
      try {
        return await verifier.verify(shown, context);
      } finally {
        leave();
      }
    },
    close: async () => verifier.close?.(),
  };
  return leadsSasl(verifier) ? withExchanges(behindGate, verifier) : behindGate;
}
