/** So many messages into a queue at once, so many waiting, and `deferred` beyond that. */
import type { Gate } from '../base/gate.js';
import type { Queue } from '../ports/queue.js';

/** Nothing is read from the client while its message waits for a place. */
export function boundedQueue(queue: Queue, gate: Gate): Queue {
  return {
    get name() {
      return queue.name;
    },
    get carries() {
      return queue.carries;
    },
    async submit(envelope, message, context) {
      const leave = await gate.enter(context.signal);
      if (leave === undefined) return { outcome: 'deferred', cause: `too many messages at once (${gate.busy} busy)` };
      try {
        return await queue.submit(envelope, message, context);
      } finally {
        leave();
      }
    },
    close: async () => queue.close?.(),
  };
}
