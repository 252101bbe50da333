/** Our own engine, on node:net and node:tls. */
import type { Engine, EngineHost } from '../session/engine.js';
import { Connection } from './connection.js';
import { listen, poolFor } from './listener.js';
import type { Pool } from './pool.js';

/** Serves sessions on listeners of its own, and on streams that somebody else accepted. */
export function wireEngine(): Engine {
  const pools = new WeakMap<EngineHost, Pool>();
  return {
    name: 'wire',
    chunking: true,
    listen,
    handle(host, stream, meta) {
      let pool = pools.get(host);
      if (pool === undefined) pools.set(host, (pool = poolFor(host)));
      const members = pool;
      return new Promise((resolve) => {
        new Connection(host, stream, meta, members, resolve).begin();
      });
    },
  };
}
