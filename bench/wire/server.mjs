/** One server for the benchmark: `node server.mjs NAME CORE`. Prints a line with its port, and runs until it is stopped. */
import { createServer } from 'node:tls';
import { certificate } from './certificate.mjs';

const [, , name, core] = process.argv;

/** Everybody's password in this benchmark. */
export const PASSWORD = 'benchmark';

const MANY = 100_000;
const servers = { wire: startWire, 'smtp-server': startSmtpServer, bare: startBare };
const { port } = await servers[name]();
console.log(JSON.stringify({ port }));

async function startWire() {
  const { certificates, createSubmissionServer, wireEngine } = await import(core);
  const server = createSubmissionServer({
    hostname: 'bench.example',
    engine: wireEngine(),
    certificates: certificates({ pairs: [certificate] }),
    verifiers: [
      {
        name: 'fixed',
        checks: new Set(['password']),
        verify: async ({ login, password }) =>
          password.text() === PASSWORD ? { outcome: 'accepted', identity: { login } } : { outcome: 'rejected' },
      },
    ],
    queue: {
      name: 'null',
      carries: new Set(['8bit']),
      async submit(_envelope, message) {
        for await (const chunk of message) void chunk;
        return { outcome: 'queued', id: 'null' };
      },
    },
    limits: { connections: MANY, connectionsPerAddress: MANY, unauthenticatedConnections: MANY },
    listen: [{ address: '127.0.0.1', port: 0, tls: 'implicit' }],
  });
  const [bound] = await server.start();
  return bound;
}

async function startSmtpServer() {
  const { SMTPServer } = await import('smtp-server');
  const server = new SMTPServer({
    secure: true,
    ...certificate,
    logger: false,
    disableReverseLookup: true,
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth: (auth, _session, callback) =>
      auth.password === PASSWORD ? callback(null, { user: auth.username }) : callback(new Error('wrong password')),
    onData(stream, _session, callback) {
      stream.on('data', () => undefined);
      stream.on('end', () => callback(null, 'queued'));
    },
  });
  server.on('error', () => undefined);
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server.server.address();
}

/** The floor for memory: TLS sockets held by node:tls, and nothing else. Speaks just enough for the client to log in. */
async function startBare() {
  const held = new Set();
  const server = createServer(certificate, (socket) => {
    held.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => held.delete(socket));
    socket.on('data', () => socket.write('250 OK\r\n'));
    socket.write('220 bare\r\n');
  });
  server.on('tlsClientError', () => undefined);
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server.address();
}
