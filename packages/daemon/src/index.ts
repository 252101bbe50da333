/**
 * posternd as a library: its configuration, for programs that want to read or check the same file. The daemon itself is
 * the program `posternd`.
 *
 * @module
 */
export { ConfigurationError } from './config/configuration-error.js';
export type { Configuration, KeyFiles, PluginSettings, RewritingSettings } from './config/configuration.js';
export { readControlFiles } from './config/control.js';
export type { ControlFiles } from './config/control.js';
export { buildConfiguration, loadConfiguration } from './config/load.js';
export type { BuildContext, Environment } from './config/load.js';
export { parseDuration, parseSize } from './config/quantities.js';
export { createQueue, createVerifier, createVerifiers } from './plugins/plugins.js';
export { createLog } from './log/log.js';
export type { Level, Log, LogOptions } from './log/log.js';
export { prettyLine } from './log/pretty.js';
export { logObserver } from './log/observer.js';
export { startService } from './process/service.js';
export type { Service, SharedParts } from './process/service.js';
export { StartError } from './process/start-error.js';
