/** `posternd serve`: a service, and the signals that steer it. */
import type { CommandLine } from '../command-line.js';
import { ConfigurationError } from '../config/configuration-error.js';
import type { Configuration } from '../config/configuration.js';
import { loadConfiguration } from '../config/load.js';
import { EMBEDDED_PORTS, embeddedDefault } from '../embedded/embedded.js';
import type { Embedded, Trial } from '../embedded/embedded.js';
import { trialText } from '../embedded/trial-text.js';
import { createLog } from '../log/log.js';
import type { Log } from '../log/log.js';
import { startService } from '../process/service.js';
import type { Service } from '../process/service.js';
import { packageVersion } from '../version.js';
import { findConfiguration } from './find-configuration.js';

/** Resolves with the exit status when the service has ended. @throws ConfigurationError, StartError */
export async function serveCommand(line: CommandLine): Promise<number> {
  const file = line.embedded ? undefined : findConfiguration(line.config);
  if (file !== undefined) {
    const configuration = loadConfiguration(file);
    const log = logOf(configuration, line);
    const reread = (): Configuration => loadConfiguration(file);
    return run(await startService(configuration, log), configuration, log, reread);
  }
  const embedded = await embeddedDefault({
    ports: line.ports ?? EMBEDDED_PORTS,
    log: { format: process.stderr.isTTY ? 'pretty' : 'json', level: 'info' },
  });
  try {
    return await serveEmbedded(embedded, line);
  } finally {
    embedded.remove();
  }
}

async function serveEmbedded({ configuration, trial }: Embedded, line: CommandLine): Promise<number> {
  const log = logOf(configuration, line);
  const service = await startService(configuration, log);
  process.stdout.on('error', () => undefined);
  process.stdout.write(trialText(trial, service.bound));
  return run(service, configuration, log, () => configuration, trial);
}

function logOf(configuration: Configuration, line: CommandLine): Log {
  const log = createLog({ ...configuration.log, ...(line.log === undefined ? {} : { format: line.log }) });
  // What packages warn of (a users file that cannot be read any more) belongs into the log, and not as text beside it.
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.warn({ event: 'warning', kind: name, warning: message }));
  return log;
}

/** From ready to the end. */
async function run(
  service: Service,
  first: Configuration,
  log: Log,
  reread: () => Configuration,
  trial?: Trial,
): Promise<number> {
  let configuration = first;
  let reloading = false;
  const reload = async (): Promise<void> => {
    if (reloading) return;
    reloading = true;
    try {
      const next = rereadOrKeep(configuration, reread, log);
      await service.reload(next);
      configuration = next;
      log.info({ event: 'reload', outcome: 'done' });
    } catch (error) {
      log.error({ event: 'reload', outcome: 'failed', cause: messageOf(error) });
    } finally {
      reloading = false;
    }
  };

  const ended = new Promise<number>((resolve) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      log.info({ event: stopping ? 'stopping-now' : 'stopping', signal });
      const stopped = service.stop(stopping ? 0 : undefined);
      stopping = true;
      stopped.then(
        () => resolve(0),
        (error: unknown) => {
          log.error({ event: 'fault', where: 'shutdown', cause: messageOf(error) });
          resolve(1);
        },
      );
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('SIGHUP', () => void reload());
  });

  log.info({
    event: 'ready',
    addresses: service.bound,
    pid: process.pid,
    version: packageVersion(),
    ...(trial === undefined ? {} : { embedded: trial.directory }),
  });
  const status = await ended;
  log.info({ event: 'stopped' });
  return status;
}

/**
 * Once root is given up, a configuration that only root can read cannot be read again. The certificates and users it names
 * may well be readable, so the reload goes on with what was read at the start.
 */
function rereadOrKeep(current: Configuration, reread: () => Configuration, log: Log): Configuration {
  try {
    return reread();
  } catch (error) {
    if (!(error instanceof ConfigurationError) || error.key !== 'file' || error.found !== 'no permission') throw error;
    log.warn({ event: 'reload', outcome: 'kept', cause: error.message });
    return current;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
