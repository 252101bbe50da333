/** A Configuration and its parts become a submission server. The only file that knows both vocabularies. */
import {
  anySender,
  createSubmissionServer,
  knownSenders,
  mapNames,
  nameFile,
  OptionError,
  ownSenders,
  rewriteFrom,
  userNameFiles,
} from '@postern/core';
import type {
  AttemptLimits,
  Certificates,
  ConnectionLimits,
  MessageTools,
  NameTable,
  Observer,
  Queue,
  SenderPolicy,
  SubmissionServer,
  SubmissionServerOptions,
  Verifier,
} from '@postern/core';
import { smtpServerEngine } from '@postern/core/smtp-server';
import { ConfigurationError, fromOptionError } from '../config/configuration-error.js';
import type { Configuration } from '../config/configuration.js';

export interface Parts {
  readonly certificates?: Certificates | undefined;
  readonly verifiers: readonly Verifier[];
  readonly queue: Queue;
  readonly senders: SenderPolicy;
  readonly observer: Observer;
  /** Counting across processes. Absent: in this one. */
  readonly attempts?: AttemptLimits;
  readonly connections?: ConnectionLimits;
}

/** @throws ConfigurationError for what only the assembly can know to be wrong */
export function assemble(configuration: Configuration, parts: Parts): SubmissionServer {
  try {
    return createSubmissionServer(serverOptions(configuration, parts));
  } catch (error) {
    throw error instanceof OptionError ? fromOptionError(error, configuration.file) : error;
  }
}

export const senderPolicy = ({ senders }: Configuration): SenderPolicy =>
  ({ any: anySender, known: knownSenders, own: ownSenders })[senders.policy];

/** Rewriting rules and name tables. @throws ConfigurationError for a table that cannot be read */
export function messageTools({ rewriting, names, file }: Configuration): Partial<MessageTools> {
  return {
    ...(rewriting === undefined ? {} : rewriteFrom(rewriting.sources)),
    ...(names.map === undefined ? {} : { names: mapNames(names.map) }),
    ...(names.file === undefined ? {} : { names: openNames(names.file, file) }),
    ...(names.users ? { userNames: userNameFiles() } : {}),
  };
}

function openNames(path: string, file: string): NameTable {
  try {
    return nameFile(path);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(file, 'message.name-file', cause, 'a name.cdb, or its source');
  }
}

/** What `createSubmissionServer` of @postern/core is told. */
function serverOptions(configuration: Configuration, parts: Parts): SubmissionServerOptions {
  const { auth } = configuration;
  return {
    hostname: configuration.hostname,
    listen: configuration.listen,
    ...(parts.certificates === undefined ? {} : { certificates: parts.certificates }),
    verifiers: parts.verifiers,
    ...(auth.mechanisms === undefined ? {} : { mechanisms: auth.mechanisms }),
    authzidAsLogin: auth.authzidAsLogin,
    queue: parts.queue,
    senders: parts.senders,
    message: configuration.message,
    rewriting: messageTools(configuration),
    verp: configuration.senders.verp,
    limits: configuration.limits,
    timeouts: configuration.timeouts,
    observer: parts.observer,
    ...(configuration.engine === 'wire' ? {} : { engine: smtpServerEngine() }),
    ...(parts.attempts === undefined ? {} : { attempts: parts.attempts }),
    ...(parts.connections === undefined ? {} : { connections: parts.connections }),
  };
}
