/** Verifiers and queues by name: found, made with their options, and looked at before anybody relies on them. */
import { checkVerifier, OptionError } from '@postern/core';
import type { Queue, Verifier } from '@postern/core';
import { ConfigurationError, fromOptionError } from '../config/configuration-error.js';
import type { Configuration, PluginSettings } from '../config/configuration.js';
import { builtinQueues, builtinVerifiers } from './builtin.js';
import type { Factory, Load } from './builtin.js';
import { checkMechanisms } from './mechanisms.js';
import { importModule, isPackageName, isPath } from './module.js';
import { isQueue, queueFault } from './shape.js';

type Place = Pick<Configuration, 'file' | 'directory'>;

/** @throws ConfigurationError if there is no such verifier, or if it does not like its options */
export async function createVerifier(settings: PluginSettings, place: Place): Promise<Verifier> {
  const made = await make(settings, place, 'verifier', builtinVerifiers);
  try {
    return checkVerifier(made, settings.use);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    // `verifier` is the thing itself, everything else a member of it.
    const found = error.key === 'verifier' ? error.found : `a verifier whose ${error.key} is ${error.found}`;
    throw wrongShape(settings, place, found, error.allowed);
  }
}

/** All of them, in order. What was made is closed again if a later one fails. @throws ConfigurationError */
export async function createVerifiers(configuration: Configuration): Promise<Verifier[]> {
  const made: Verifier[] = [];
  try {
    for (const settings of configuration.auth.verifiers) made.push(await createVerifier(settings, configuration));
    checkMechanisms(configuration, made);
    return made;
  } catch (error) {
    await Promise.allSettled(made.map(async (verifier) => verifier.close?.()));
    throw error;
  }
}

/** @throws ConfigurationError if there is no such queue, or if it does not like its options */
export async function createQueue(settings: PluginSettings, place: Place): Promise<Queue> {
  const made = await make(settings, place, 'queue', builtinQueues);
  if (isQueue(made)) return made;
  throw wrongShape(settings, place, queueFault(made), 'a Queue: name, carries, submit(envelope, message, context)');
}

async function make(
  settings: PluginSettings,
  place: Place,
  kind: 'verifier' | 'queue',
  builtin: Readonly<Record<string, Load>>,
): Promise<unknown> {
  const factory = await findFactory(settings, place, kind, builtin);
  try {
    return await factory(settings.options as never);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    if (isOptionError(error)) throw fromOptionError(error, place.file, settings.key);
    const cause = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(
      place.file,
      settings.key,
      `trouble: ${cause}`,
      `options that ${settings.use} can work with`,
    );
  }
}

// A package that brings its own copy of core throws that copy's class.
const isOptionError = (error: unknown): error is OptionError =>
  error instanceof OptionError || (error instanceof Error && error.name === 'OptionError' && 'allowed' in error);

async function findFactory(
  { use, key }: PluginSettings,
  { file, directory }: Place,
  kind: 'verifier' | 'queue',
  builtin: Readonly<Record<string, Load>>,
): Promise<Factory> {
  const load = Object.hasOwn(builtin, use) ? builtin[use] : undefined;
  if (load !== undefined) return load();
  const known = `${Object.keys(builtin).join(', ')}, the name of a package, or a path that starts with ./ or /`;
  if (!isPath(use) && !isPackageName(use)) throw new ConfigurationError(file, `${key}.use`, JSON.stringify(use), known);
  const result = await importModule(use, directory);
  if ('fault' in result) {
    if (!result.fault.missing)
      throw new ConfigurationError(file, `${key}.use`, `${use}, which does not load: ${result.fault.cause}`, known);
    const advice = isPath(use)
      ? 'a module that exists'
      : `${known} (to install a package: npm install ${packageOf(use)})`;
    throw new ConfigurationError(file, `${key}.use`, `${JSON.stringify(use)}, and there is no such module`, advice);
  }
  const factory = result.exports[kind];
  if (typeof factory === 'function') return factory as Factory;
  const exported = Object.keys(result.exports).join(', ') || 'nothing';
  throw new ConfigurationError(
    file,
    `${key}.use`,
    `${use}, which exports ${exported}`,
    `a module that exports a function ${kind}(options)`,
  );
}

const packageOf = (use: string): string =>
  use
    .split('/')
    .slice(0, use.startsWith('@') ? 2 : 1)
    .join('/');

function wrongShape(
  settings: PluginSettings,
  place: Place,
  fault: string | undefined,
  allowed: string,
): ConfigurationError {
  return new ConfigurationError(
    place.file,
    `${settings.key}.use`,
    `${settings.use}, which made ${fault ?? 'something'}`,
    allowed,
  );
}
