/** From the file to a Configuration: schema, control files, environment, paths. Loads no package and opens no key. */
import { existsSync } from 'node:fs';
import { availableParallelism, hostname as systemHostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { checkOptions, OptionError } from '@postern/core';
import type { ListenSettings } from '@postern/core';
import { camel, ConfigurationError, fromOptionError } from './configuration-error.js';
import type { Configuration, KeyFiles } from './configuration.js';
import { readControlFiles } from './control.js';
import type { ControlFiles } from './control.js';
import { isTable, pluginSettings } from './plugin-settings.js';
import { rewritingSettings } from './rewriting-settings.js';
import { fileSchema } from './schema.js';
import type { FileSettings } from './schema.js';
import { readToml } from './toml.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks a configuration file.
 *
 * A setting in the file wins over the QMAIL* variables of `environment`, those over qmail's control files, those over
 * the default.
 *
 * @throws ConfigurationError for the first thing that is wrong
 */
export function loadConfiguration(file: string, environment: Environment = process.env): Configuration {
  const path = resolve(file);
  return buildConfiguration(readToml(path), { file, directory: dirname(path), environment });
}

export interface BuildContext {
  /** As it is called in error lines. */
  readonly file: string;
  /** Relative paths start here. */
  readonly directory: string;
  readonly environment: Environment;
}

/** The same from values that are already parsed. @throws ConfigurationError */
export function buildConfiguration(values: unknown, context: BuildContext): Configuration {
  const settings = check(values, context.file);
  const qmail = resolve(context.directory, settings.qmail);
  const control = readControlFiles(qmail);
  const { user, group, auth, timeouts, limits, message } = settings;
  const { shutdown, ...timers } = timeouts;
  const rewriting = rewritingSettings(message, control, hostnameOf(settings, control), context.environment);
  return Object.freeze({
    file: context.file,
    directory: context.directory,
    hostname: hostnameOf(settings, control),
    qmail,
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
    engine: settings.engine,
    workers: settings.workers === 'auto' ? availableParallelism() : settings.workers,
    listen: listeners(settings, context.file),
    ...(settings.tls === undefined
      ? {}
      : { tls: { pairs: keyFiles(settings.tls, context), profile: settings.tls.profile } }),
    auth: {
      ...(auth.mechanisms === undefined ? {} : { mechanisms: auth.mechanisms }),
      requireTls: auth['require-tls'],
      authzidAsLogin: auth['authzid-as-login'],
      verifiers: verifiers(settings, context),
    },
    queue: queue(settings, qmail, context),
    message: camelKeys(withoutRewriting(message)),
    ...(rewriting === undefined ? {} : { rewriting }),
    names: {
      ...(message['name-file'] === undefined ? {} : { file: resolve(context.directory, message['name-file']) }),
      ...(message.names === undefined ? {} : { map: message.names }),
      users: message['user-names'],
    },
    senders: settings.senders,
    limits: { ...(control.databytes === undefined ? {} : { messageSize: control.databytes }), ...camelKeys(limits) },
    timeouts: camelKeys(timers),
    shutdown,
    log: settings.log,
  });
}

function check(values: unknown, file: string): FileSettings {
  try {
    return checkOptions('posternd', fileSchema, values);
  } catch (error) {
    throw error instanceof OptionError ? fromOptionError(error, file) : error;
  }
}

const hostnameOf = (settings: FileSettings, control: ControlFiles): string =>
  settings.hostname ?? control.me ?? systemHostname();

function listeners(settings: FileSettings, file: string): ListenSettings[] {
  const seen = new Set<string>();
  return settings.listen.map((listener, i) => {
    const requireTls = listener['require-tls'] ?? settings.auth['require-tls'];
    const where = `${listener.address}:${listener.port}`;
    if (listener.port !== 0 && seen.has(where))
      throw new ConfigurationError(file, `listen[${i}].port`, `${where} a second time`, 'every address and port once');
    seen.add(where);
    if (listener.tls === 'none' && requireTls)
      throw new ConfigurationError(
        file,
        `listen[${i}].tls`,
        '"none" with require-tls = true',
        '"starttls" or "implicit"; or require-tls = false for a listener behind a TLS proxy',
      );
    if (listener.tls !== 'none' && settings.tls === undefined)
      throw new ConfigurationError(file, 'tls', 'nothing', `a [tls] section with cert and key, for listen[${i}]`);
    return { ...camelKeys(listener), requireTls };
  });
}

function keyFiles(tls: NonNullable<FileSettings['tls']>, context: BuildContext): KeyFiles[] {
  return [tls, ...tls.certificate].map((pair, i) => ({
    cert: resolve(context.directory, pair.cert),
    key: resolve(context.directory, pair.key),
    at: i === 0 ? 'tls' : `tls.certificate[${i - 1}]`,
  }));
}

function verifiers(settings: FileSettings, context: BuildContext): Configuration['auth']['verifiers'] {
  const found = settings.auth.verifier.map((section, i) =>
    pluginSettings(section, `auth.verifier[${i}]`, context.directory),
  );
  if (found.length === 0 && settings.listen.some((listener) => listener['require-login'] !== false))
    throw new ConfigurationError(context.file, 'auth.verifier', 'nothing', 'at least one [[auth.verifier]] section');
  return found;
}

/** Without a [queue], qmail's own, if there is one. */
function queue(settings: FileSettings, qmail: string, context: BuildContext): Configuration['queue'] {
  const usual = context.environment['QMAILQUEUE'] ?? join(qmail, 'bin', 'qmail-queue');
  if (settings.queue === undefined && !existsSync(usual))
    throw new ConfigurationError(context.file, 'queue', 'nothing', `a [queue] section, or ${usual}`);
  const plugin = pluginSettings(settings.queue ?? { use: 'qmail-queue' }, 'queue', context.directory);
  if (plugin.use !== 'qmail-queue') return plugin;
  const { env, ...options } = plugin.options;
  const texts = Object.entries(context.environment).filter(([name]) => name.startsWith('QQERRMSG_'));
  const variables = isTable(env) ? { ...Object.fromEntries(texts), ...env } : (env ?? Object.fromEntries(texts));
  return { ...plugin, options: { qmail, program: usual, env: variables, ...options } };
}

function withoutRewriting(message: FileSettings['message']) {
  const {
    'default-host': _host,
    'default-domain': _domain,
    'plus-domain': _plus,
    'id-host': _id,
    rewrite: _rules,
    'name-file': _file,
    'user-names': _users,
    names: _names,
    ...rest
  } = message;
  return rest;
}

type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;

/** `require-tls` -> `requireTls`, one level deep; keys without a value are left out. */
function camelKeys<T extends object>(settings: T): { [K in keyof T as Camel<K & string>]: T[K] } {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [camel(key), value as unknown])) as {
    [K in keyof T as Camel<K & string>]: T[K];
  };
}
