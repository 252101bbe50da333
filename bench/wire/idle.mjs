/** What an idle session costs in resident memory, beside what Node's TLS sockets cost alone. */
import { setTimeout as pause } from 'node:timers/promises';
import { holdSessions, startServer } from './children.mjs';

const SESSIONS = 5000;
/** Opened and closed first, so that code, pools and the heap have grown to what any server has. */
const WARM_UP = 200;

export async function measureIdle({ core, scale }) {
  const sessions = Math.round(SESSIONS * Math.min(1, scale));
  const results = [];
  for (const [name, floor] of [
    ['wire', undefined],
    ['bare', 'the floor: node:tls, no session, no login'],
  ]) {
    const server = await startServer(name, core);
    try {
      for (let i = 0; i < 2; i++) await (await holdSessions({ port: server.port, sessions: WARM_UP })).stop();
      await pause(2000);
      const before = server.resident();
      const held = await holdSessions({ port: server.port, sessions });
      await pause(3000);
      const perSession = (server.resident() - before) / held.open;
      await held.stop();
      results.push({ server: name, sessions: held.open, perSession, ...(floor === undefined ? {} : { floor }) });
    } finally {
      server.stop();
    }
  }
  return results;
}
