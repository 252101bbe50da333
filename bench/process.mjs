/** Servers as processes, each in a session of its own; ended by their ids, never by name. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { connect, createServer } from 'node:net';

const running = new Set();
process.once('exit', () => {
  for (const child of running) end(child, 'SIGKILL');
});

function end(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has gone.
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, log?: string }} options `log` is a file for both outputs
 */
export async function startServer(program, args, options = {}) {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const file = options.log === undefined ? undefined : createWriteStream(options.log);
  const gone = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve(`ended (${signal ?? code})`);
    });
    child.once('error', (error) => resolve(error.message));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (octets) => {
      file?.write(octets);
      if (output.length < 10_000) output += octets;
    });
  }
  if (child.pid === undefined) throw new Error(`${program}: ${await gone}`);
  running.add(child);
  return {
    pid: child.pid,
    output: () => output,
    gone,
    async stop() {
      end(child, 'SIGTERM');
      const late = new Promise((resolve) => setTimeout(resolve, 5000, 'late').unref());
      if ((await Promise.race([gone, late])) === 'late') end(child, 'SIGKILL');
      await gone;
      // What it has started and not ended itself.
      end(child, 'SIGKILL');
    },
  };
}

/** Waits until something listens. @throws {Error} */
export async function listening(port, server, host = '127.0.0.1') {
  let ended;
  server?.gone.then((how) => (ended = how));
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (ended !== undefined) throw new Error(`${ended}: ${server.output().trim().split('\n').at(-1) ?? ''}`);
    if (await opens(port, host)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}

const opens = (port, host) =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** A port that was free a moment ago. */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
