/** The smallest queue that keeps the contract, and ways to break it. */
import { rawAddress } from '../../src/base/mailbox.js';
import type { Queue } from '../../src/ports/queue.js';
import type { QueueUnderTest, StoredMessage } from '../../src/contract/index.js';

export type Fault =
  | 'none'
  | 'commits-what-broke-off'
  | 'swallows-errors'
  | 'merges-recipients'
  | 'loses-an-octet'
  | 'ignores-the-signal'
  | 'keeps-references'
  | 'takes-control-characters';

const ending = { outcome: 'deferred', cause: 'ending' } as const;

export function memoryQueue(fault: Fault = 'none'): QueueUnderTest {
  const messages: StoredMessage[] = [];
  let count = 0;
  const queue: Queue = {
    name: 'memory',
    carries: new Set(['8bit']),
    async submit(envelope, message, { signal }) {
      const addresses = [...envelope.recipients, ...(envelope.sender === null ? [] : [envelope.sender])].map(
        rawAddress,
      );
      // eslint-disable-next-line no-control-regex
      if (fault !== 'takes-control-characters' && addresses.some((address) => /[\x00-\x1f]/.test(address))) {
        return { outcome: 'refused' };
      }
      if (envelope.recipients.length === 0) return { outcome: 'refused' };
      const chunks: Uint8Array[] = [];
      const aborted = new Promise<'aborted'>((resolve) => {
        if (fault === 'ignores-the-signal') return;
        if (signal.aborted) resolve('aborted');
        signal.addEventListener('abort', () => resolve('aborted'));
      });
      const reading = (async () => {
        for await (const chunk of message) chunks.push(fault === 'keeps-references' ? chunk : Buffer.from(chunk));
        return 'read' as const;
      })();
      const commit = (): void => {
        const whole = Buffer.concat(chunks);
        const recipients = envelope.recipients.map(rawAddress);
        messages.push({
          message: fault === 'loses-an-octet' ? whole.subarray(0, -1) : whole,
          sender: envelope.sender === null ? '' : rawAddress(envelope.sender),
          recipients: fault === 'merges-recipients' ? [...new Set(recipients)] : recipients,
        });
      };
      try {
        if ((await Promise.race([aborted, reading])) === 'aborted') return ending;
      } catch (error) {
        if (fault === 'commits-what-broke-off') commit();
        if (fault === 'swallows-errors') return { outcome: 'deferred' };
        throw error;
      }
      commit();
      count += 1;
      return { outcome: 'queued', id: `m${count}` };
    },
  };
  return { queue, stored: () => messages };
}
