/** The program that plain-node.mjs starts. No more care is taken in it than a first version would take. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SMTPServer } from 'smtp-server';

const options = JSON.parse(process.argv[2] ?? '{}');
const { argv, env } = options.checkpassword;
const refused = Object.assign(new Error('Invalid credentials'), { responseCode: 535 });

const server = new SMTPServer({
  secure: true,
  cert: readFileSync(options.cert),
  key: readFileSync(options.key),
  authMethods: ['PLAIN', 'LOGIN'],
  disableReverseLookup: true,
  logger: false,
  maxClients: 10_000,
  onAuth({ username, password }, session, callback) {
    const child = spawn(argv[0], argv.slice(1), {
      env: { PATH: '/usr/bin:/bin', ...env },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    child.once('error', callback);
    child.once('exit', (code) => (code === 0 ? callback(null, { user: username }) : callback(refused)));
    child.stdio[3].on('error', () => undefined);
    child.stdio[3].end(`${username}\0${password}\0Y1\0`);
  },
  onData(stream, session, callback) {
    const child = spawn(options.qmailQueue, [], { stdio: ['pipe', 'pipe', 'ignore'] });
    const { mailFrom, rcptTo } = session.envelope;
    const envelope = `F${mailFrom === false ? '' : mailFrom.address}\0${rcptTo.map(({ address }) => `T${address}\0`).join('')}\0`;
    child.once('error', callback);
    child.once('exit', (code) => (code === 0 ? callback(null, 'ok') : callback(new Error(`qmail-queue: ${code}`))));
    for (const pipe of [child.stdin, child.stdout]) pipe.on('error', () => undefined);
    child.stdin.write(
      `Received: from ${session.clientHostname} ([${session.remoteAddress}]); ${new Date().toUTCString()}\n`,
    );
    stream.on('data', (octets) => {
      if (!child.stdin.write(octets.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')) {
        stream.pause();
        child.stdin.once('drain', () => stream.resume());
      }
    });
    stream.on('end', () => {
      // Descriptor 1 is a socket pair, so it can be written to. It is the child that reads it.
      child.stdin.end(() => child.stdio[1].end(envelope));
    });
  },
});
server.on('error', () => undefined);
server.listen(options.port, '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
