/** Starts the processes of the client, gives them their orders, and adds up what they say. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('client.mjs', import.meta.url));

/** How many client processes share the connections: one cannot make a second core busy. */
const PROCESSES = 2;

/** They stay from run to run: their code is compiled only once. */
const clients = [];

/** Ends them. */
export const endClients = () => clients.splice(0).forEach((client) => client.end());

/**
 * @param {{ host: string, port: number, login: string, password: string }} target
 * @param {import('./shapes.mjs').Shape} shape
 * @param {number} seconds
 */
export async function load(target, shape, seconds) {
  const count = Math.min(PROCESSES, shape.connections);
  while (clients.length < count) clients.push(await startClient());
  const results = await Promise.all(
    clients.slice(0, count).map((client, i) => {
      const connections = Math.floor(shape.connections / count) + (i < shape.connections % count ? 1 : 0);
      return client.ask({ target, shape: { ...shape, connections }, seconds }, seconds * 1000 + 120_000);
    }),
  );
  const failures = {};
  for (const result of results) {
    for (const [what, n] of Object.entries(result.failures)) failures[what] = (failures[what] ?? 0) + n;
  }
  return {
    sessions: results.flatMap((result) => result.sessions),
    messages: results.flatMap((result) => result.messages),
    failures,
    milliseconds: Math.max(...results.map((result) => result.milliseconds)),
    clientCpu: results.reduce((sum, result) => sum + result.cpu, 0),
  };
}

/** Opens `count` sessions; `release` closes them. */
export async function holdSessions(target, shape, count) {
  const client = await startClient();
  const { held, failures } = await client.ask({ target, shape, hold: count }, 120_000);
  return { held, failures, release: () => client.end() };
}

async function startClient() {
  const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const gone = new Promise((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`the client ended (${signal ?? code})`)));
  });
  gone.catch(() => undefined);
  const say = () => new Promise((resolve) => child.once('message', resolve));
  await Promise.race([say(), gone]);
  return {
    async ask(order, milliseconds) {
      let timer;
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => {
          child.kill('SIGKILL');
          reject(new Error(`the client did not finish within ${milliseconds} ms`));
        }, milliseconds);
      });
      const answer = say();
      child.send(order);
      try {
        return await Promise.race([answer, gone, late]);
      } finally {
        clearTimeout(timer);
      }
    },
    end() {
      if (child.connected) child.disconnect();
    },
  };
}
