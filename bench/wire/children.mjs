/** Servers and clients as processes of their own, and what they cost. */
import { fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Clock ticks of /proc are 10 ms on every Linux that Node runs on. */
const TICK = 10;

/** Starts `server.mjs`; the first line that it prints says where it listens. */
export async function startServer(name, core) {
  const child = spawn(process.execPath, [path('server.mjs'), name, core], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { port } = JSON.parse(await firstLine(child));
  return {
    name,
    port,
    cpu: () => cpuOf(child.pid),
    resident: () => residentOf(child.pid),
    stop: () => child.kill('SIGKILL'),
  };
}

/** Starts `client.mjs` and waits until it is warm; `run` then gives what it measured. */
export async function startClient(settings) {
  const child = fork(path('client.mjs'), [JSON.stringify(settings)]);
  await nextMessage(child);
  return {
    run() {
      const result = nextMessage(child);
      child.send('go');
      return result;
    },
  };
}

function nextMessage(child) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the client ended with ${code}`)));
  });
}

/** A client that holds sessions open until it is stopped. */
export async function holdSessions(settings) {
  const child = spawn(process.execPath, [path('hold.mjs'), JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { open } = JSON.parse(await firstLine(child));
  return {
    open,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGKILL');
      }),
  };
}

function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it said anything`)));
  });
}

/** User and system time in milliseconds. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** Resident memory in KiB. */
function residentOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}
