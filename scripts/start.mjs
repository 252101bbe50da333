// npm start: sets everything up, runs posternd on its embedded default, sends one message through it with a real mail client,
// shows where that message was queued and what to type to try more, and stays up.
//
//   npm start -- --once           ends after the message
//   npm start -- --ports 0,0      other ports than 2587 (STARTTLS) and 2465 (implicit TLS); 0 takes any
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { explain, root, setUp, SetupError } from './setup.mjs';

const READY_WITHIN = 30_000;
const say = (text = '') => process.stdout.write(`${text}\n`);

function readArguments() {
  try {
    const options = { once: { type: 'boolean', default: false }, ports: { type: 'string' } };
    return parseArgs({ options }).values;
  } catch (error) {
    throw new SetupError(error.message, 'Usage: npm start -- [--once] [--ports STARTTLS,IMPLICIT]');
  }
}

/** Starts the daemon. Resolves when it is ready; its log goes on to standard error, in words. */
async function startDaemon(ports) {
  const { prettyLine } = await import('../packages/daemon/dist/index.js');
  const program = path.join(root, 'packages', 'daemon', 'dist', 'posternd.js');
  const args = [program, 'serve', '--embedded', '--log', 'json', ...(ports === undefined ? [] : ['--ports', ports])];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  let help = '';
  child.stdout.on('data', (chunk) => (help += chunk));

  const complaints = [];
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stderr }).on('line', (text) => {
      if (!text.startsWith('{')) {
        complaints.push(text);
        process.stderr.write(`${text}\n`);
        return;
      }
      process.stderr.write(prettyLine(`${text}\n`, process.stderr.isTTY === true));
      const line = JSON.parse(text);
      if (line.event === 'ready') resolve(line);
    });
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_WITHIN);
  const line = await Promise.race([ready, ended]);
  clearTimeout(timer);
  if (typeof line !== 'object' || line === null) throw notStarted(complaints.join('\n'), line);
  const trial = JSON.parse(readFileSync(path.join(line.embedded, 'try.json'), 'utf8'));
  const port = line.addresses.find((listener) => listener.tls === 'starttls').port;
  return { child, ended, trial, port, help: () => help };
}

function notStarted(complaint, how) {
  const advice = complaint.includes('in use')
    ? 'Another posternd may be running. Stop it, or take other ports: npm start -- --ports 3587,3465'
    : 'The line above says why. To see more: node packages/daemon/dist/posternd.js serve --embedded';
  return new SetupError(`posternd did not get ready (it ended with ${how}).`, advice);
}

/** One message by nodemailer: STARTTLS with the certificate checked, then AUTH. */
async function sendMessage({ trial, port }) {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    secure: false,
    requireTLS: true,
    tls: { servername: 'localhost', ca: readFileSync(trial.certificate) },
    auth: { user: trial.login, pass: trial.password },
    connectionTimeout: 10_000,
  });
  try {
    return await transport.sendMail({
      from: `${trial.login}@localhost`,
      to: 'friend@example.com',
      subject: 'Through the postern',
      text: 'This message came over STARTTLS and AUTH, and was queued.\n',
    });
  } catch (error) {
    throw new SetupError(
      `The message was not accepted: ${error.message}`,
      'The log lines above say what the daemon saw.',
    );
  } finally {
    transport.close();
  }
}

function showQueued(trial) {
  const folder = path.join(trial.maildir, 'new');
  const [name] = readdirSync(folder);
  if (name === undefined)
    throw new SetupError(
      `The daemon said it had queued the message, and ${folder} is empty.`,
      'This is a bug: please report it.',
    );
  const file = path.join(folder, name);
  say(`\nIt was queued as ${file}:\n`);
  say(readFileSync(file, 'utf8').replace(/^/gm, '    ').trimEnd());
}

async function start() {
  const { once, ports } = readArguments();
  await setUp();
  const daemon = await startDaemon(ports);
  const { child, ended } = daemon;
  // A terminal sends Ctrl-C to both of us; anybody else sends it to one.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGTERM'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('exit', () => child.kill('SIGKILL'));
  try {
    const sent = await sendMessage(daemon);
    say(`\nOne message was sent with nodemailer; posternd answered: ${sent.response}`);
    showQueued(daemon.trial);
    if (!once) say(daemon.help().trimEnd());
  } catch (error) {
    child.kill('SIGTERM');
    await ended;
    throw error;
  }
  if (once) child.kill('SIGTERM');
  const how = await ended;
  if (once && how === 0) say('\nIt works. `npm start` does the same and stays up.');
  return how === 0 ? 0 : 1;
}

process.exitCode = await start().catch(explain);
