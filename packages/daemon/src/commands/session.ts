/** `posternd session`: one session on descriptors 0 and 1, for servers of the UCSPI kind and for inetd. */
import type { CommandLine } from '../command-line.js';
import type { Configuration } from '../config/configuration.js';
import { loadConfiguration } from '../config/load.js';
import { createLog } from '../log/log.js';
import { logObserver } from '../log/observer.js';
import { createQueue, createVerifiers } from '../plugins/plugins.js';
import { unready } from '../plugins/readiness.js';
import { servingAccount } from '../process/account.js';
import { assemble, senderPolicy } from '../process/assembly.js';
import { certificatesFrom, readKeyPairs } from '../process/key-files.js';
import { dropPrivileges } from '../process/privileges.js';
import { standardStream } from '../session/standard-stream.js';
import { readUcspi } from '../session/ucspi.js';
import type { UcspiSession } from '../session/ucspi.js';
import { DEFAULT_FILE } from './find-configuration.js';

/** Resolves when the session has ended. @throws ConfigurationError */
export async function sessionCommand(line: CommandLine): Promise<number> {
  const session = readUcspi(process.env);
  const written = loadConfiguration(line.config ?? DEFAULT_FILE);
  const account = servingAccount(written);
  const configuration = forSession(written, session);
  const log = createLog({ ...configuration.log, ...(line.log === undefined ? {} : { format: line.log }) });
  const certificates = certificatesFrom(readKeyPairs(configuration), configuration);
  if (account !== undefined) dropPrivileges(account);
  const verifiers = await createVerifiers(configuration);
  // There is one greeting, and what they can do has to be known by then.
  await unready(verifiers);
  const server = assemble(configuration, {
    certificates,
    verifiers,
    queue: await createQueue(configuration.queue, configuration),
    senders: senderPolicy(configuration),
    observer: logObserver(log),
  });
  const { peer, local } = session;
  await server.handleConnection(standardStream(peer, local), { peer, local });
  await server.close(0);
  return 0;
}

/** The listeners are somebody else's here: there is one, and it is what descriptors 0 and 1 are. */
function forSession(configuration: Configuration, session: UcspiSession): Configuration {
  const { messageSize } = session;
  return {
    ...configuration,
    listen: [
      {
        name: 'session',
        port: 0,
        tls: configuration.tls === undefined ? 'none' : 'starttls',
        requireTls: configuration.auth.requireTls,
        requireLogin: !session.relayClient,
      },
    ],
    limits: { ...configuration.limits, ...(messageSize === undefined ? {} : { messageSize }) },
  };
}
