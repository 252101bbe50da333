/** A Configuration and its parts become a submission server. The only file that knows both vocabularies. */
import { anySender, createSubmissionServer, knownSenders, OptionError, ownSenders, rewriteFrom } from '@postern/core';
import type {
  AttemptLimits,
  Certificates,
  ConnectionLimits,
  Observer,
  Queue,
  SenderPolicy,
  SubmissionServer,
  SubmissionServerOptions,
  Verifier,
} from '@postern/core';
import { fromOptionError } from '../config/configuration-error.js';
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

/** What `createSubmissionServer` of @postern/core is told. The engine is core's own choice. */
function serverOptions(configuration: Configuration, parts: Parts): SubmissionServerOptions {
  const { auth, rewriting } = configuration;
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
    ...(rewriting === undefined ? {} : { rewriting: rewriteFrom(rewriting.sources) }),
    verp: configuration.senders.verp,
    limits: configuration.limits,
    timeouts: configuration.timeouts,
    observer: parts.observer,
    ...(parts.attempts === undefined ? {} : { attempts: parts.attempts }),
    ...(parts.connections === undefined ? {} : { connections: parts.connections }),
  };
}
