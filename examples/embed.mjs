// A submission server inside a program of your own: users from a file, messages into a Maildir.
import { readFileSync } from 'node:fs';
import { certificates, createSubmissionServer, maildirQueue } from '@postern/core';
import { file } from '@postern/auth-file';

const [cert, key, users, maildir] = process.argv.slice(2);

const server = createSubmissionServer({
  hostname: 'mail.example.com',
  listen: [{ address: '127.0.0.1', port: Number(process.env.PORT ?? 2587), tls: 'starttls' }],
  certificates: certificates({ pairs: [{ cert: readFileSync(cert), key: readFileSync(key) }] }),
  verifiers: [file({ path: users })],
  queue: maildirQueue({ path: maildir }),
  observer: { observe: (event) => console.log(event.event, event) },
});

for (const { address, port } of await server.start()) console.log(`listening on ${address}:${port}`);
process.once('SIGTERM', () => server.close());
