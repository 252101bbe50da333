import { queueContract } from '@postern/core/contract';
import { describe, it } from 'vitest';
import { qmqp } from '../src/index.js';
import { startQmqpServer } from './qmqp-server.js';

describe.each([
  ['in memory', 256 * 1024],
  ['in a file from the first octet on', 0],
  ['with the edge inside small messages', 100],
])('qmqp keeps the contract of queues: %s', (_name, memory) => {
  queueContract(it, {
    create: async () => {
      const server = await startQmqpServer();
      return {
        queue: qmqp({ servers: [server.address], memory }),
        stored: () => server.received,
        dispose: () => server.close(),
      };
    },
  });
});
