/** `posternd serve`: a service, and the signals that steer it. */
import { checkOptions, limitSettings } from '@postern/core';
import type { CommandLine } from '../command-line.js';
import { ConfigurationError, errorLine } from '../config/configuration-error.js';
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
import { runPrimary } from '../workers/primary.js';
import { isWorker, joinWorkers, steeredByPrimary, tellPrimary } from '../workers/worker.js';
import { findConfiguration } from './find-configuration.js';

/** Resolves with the exit status when the service has ended. @throws ConfigurationError, StartError */
export async function serveCommand(line: CommandLine): Promise<number> {
  const file = line.embedded ? undefined : findConfiguration(line.config);
  if (file !== undefined) {
    const configuration = loadConfiguration(file);
    const log = logOf(configuration, line);
    const reread = (): Configuration => loadConfiguration(file);
    if (isWorker()) return serveAsWorker(configuration, log, reread);
    if (configuration.workers > 1) return servePrimary(configuration, log);
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

/** Serves nothing itself: what the network says is read by workers only. */
function servePrimary(configuration: Configuration, log: Log): Promise<number> {
  const { workers, limits } = configuration;
  return runPrimary({
    workers,
    window: checkOptions('posternd', limitSettings, limits).failedLoginWindow,
    log,
    ready: (bound) =>
      log.info({ event: 'ready', addresses: bound, workers, pid: process.pid, version: packageVersion() }),
  });
}

async function serveAsWorker(configuration: Configuration, log: Log, reread: () => Configuration): Promise<number> {
  const limits = checkOptions('posternd', limitSettings, configuration.limits);
  const shared = await joinWorkers({
    perAddress: limits.failedLoginsPerAddress,
    perLogin: limits.failedLoginsPerLogin,
    window: limits.failedLoginWindow,
    connections: limits.connections,
    connectionsPerAddress: limits.connectionsPerAddress,
  });
  try {
    return await run(await startService(configuration, log, shared), configuration, log, reread);
  } catch (error) {
    // The primary says it once for all of them.
    await tellPrimary({
      tell: 'cannot-start',
      line: errorLine(error),
      status: error instanceof ConfigurationError ? 2 : 1,
    });
    return 1;
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
      log.info({ event: 'reload', outcome: 'done', ...whichWorker() });
    } catch (error) {
      log.error({ event: 'reload', outcome: 'failed', cause: messageOf(error), ...whichWorker() });
    } finally {
      reloading = false;
    }
  };

  const ended = new Promise<number>((resolve) => {
    const stop = (now: boolean): void => {
      service.stop(now ? 0 : undefined).then(
        () => resolve(0),
        (error: unknown) => {
          log.error({ event: 'fault', where: 'shutdown', cause: messageOf(error) });
          resolve(1);
        },
      );
    };
    if (isWorker()) steeredByPrimary(stop, () => void reload());
    else steeredBySignals(stop, () => void reload(), log);
  });

  if (isWorker()) await tellPrimary({ tell: 'ready', bound: service.bound });
  else
    log.info({
      event: 'ready',
      addresses: service.bound,
      pid: process.pid,
      version: packageVersion(),
      ...(trial === undefined ? {} : { embedded: trial.directory }),
    });
  const status = await ended;
  if (!isWorker()) log.info({ event: 'stopped' });
  return status;
}

/** For lines that every worker writes. */
const whichWorker = (): { worker?: number } => (isWorker() ? { worker: process.pid } : {});

/** The first signal ends in an orderly way, a second one at once. */
function steeredBySignals(stop: (now: boolean) => void, reload: () => void, log: Log): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    log.info({ event: stopping ? 'stopping-now' : 'stopping', signal });
    stop(stopping);
    stopping = true;
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', reload);
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
