/**
 * Mail submission (RFC 6409) as a library: the state machine, AUTH, message completion, queues and a server.
 *
 * @module
 */
export { createSubmissionServer } from './submission-server.js';
export type { BoundListener, SubmissionServer, SubmissionServerOptions } from './submission-server.js';
export { limitSettings, listenSettings, timeoutSettings } from './options.js';
export type { LimitSettings, Limits, ListenOptions, ListenSettings, TimeoutSettings } from './options.js';
export { certificates, replaceableCertificates } from './certificates.js';
export type { CertificateOptions, KeyPair } from './certificates.js';

export { addressKey, plainAddress } from './base/address-key.js';
export { systemClock } from './base/clock.js';
export type { Clock } from './base/clock.js';
export { gate } from './base/gate.js';
export type { Gate, GateLimits, Release } from './base/gate.js';
export type { Envelope } from './base/envelope.js';
export { formatMailbox, formatPath, needsUtf8, rawAddress, sameMailbox } from './base/mailbox.js';
export type { Mailbox } from './base/mailbox.js';
export { ClientGone, MessageFault } from './base/message-fault.js';
export type { FaultCause } from './base/message-fault.js';
export { checkOptions, describeValue, OptionError } from './base/options.js';
export { parsePath } from './base/path.js';
export type { PathAndParameters } from './base/path.js';
export { formatReply, formatStatus, isPositive, isTemporary } from './base/reply.js';
export type { Reply } from './base/reply.js';
export { faultReplies, replies } from './base/replies.js';
export { Secret } from './base/secret.js';

export type { Certificates } from './ports/certificates.js';
export type { ConnectionFacts, Endpoint, TlsFacts } from './ports/connection.js';
export type { AttemptLimits, ConnectionLimits, Place } from './ports/limits.js';
export { silent } from './ports/observer.js';
export type { AuthenticationEvent, Event, FaultEvent, MessageEvent, Observer, SessionEvent } from './ports/observer.js';
export type { Carries, Queue, QueueContext, QueueResult } from './ports/queue.js';
export type { SenderPolicy } from './ports/sender-policy.js';
export { leadsSasl } from './ports/verifier.js';
export type {
  Check,
  CramCredentials,
  Credentials,
  ExchangeStep,
  Identity,
  PasswordCredentials,
  SaslExchange,
  SaslVerifier,
  Verdict,
  Verifier,
  VerifyContext,
} from './ports/verifier.js';

export { authenticator } from './auth/attempt.js';
export type { AttemptOptions, AttemptOutcome, Authenticator } from './auth/attempt.js';
export { bounded } from './auth/bounded.js';
export { firstOf } from './auth/first-of.js';
export type { Chain, ChainVerdict } from './auth/first-of.js';
export { ownMechanism, ownMechanisms } from './auth/mechanisms.js';
export type { Mechanism } from './auth/mechanisms.js';
export type { SaslMachine, SaslSetting, SaslStep } from './auth/sasl.js';
export { remembered } from './auth/remembered.js';
export type { RememberingVerifier, RememberOptions } from './auth/remembered.js';
export { throttle } from './auth/throttle.js';
export type { ThrottleOptions } from './auth/throttle.js';
export { checkVerifier } from './auth/verifier-shape.js';

export { boundedQueue } from './policy/bounded-queue.js';
export { connectionLimits } from './policy/connection-limits.js';
export type { ConnectionLimitOptions } from './policy/connection-limits.js';
export { networkMatcher } from './policy/networks.js';
export { anySender, knownSenders, ownSenders } from './policy/senders.js';

export { compileRewrite } from './message/rewrite.js';
export type { Rewrite } from './message/rewrite.js';
export { parseRewrite, rewriteFrom, rewriteRules } from './message/rewrite-rules.js';
export type { QmailVariables, RewriteSources } from './message/rewrite-rules.js';
export { LineEndings } from './message/line-endings.js';
export type { LineEndingPolicy } from './message/line-endings.js';
export { messageOptions, messageSettings } from './message/options.js';
export type { MessageOptions, MessageSettings, MessageTools } from './message/options.js';
export type { MessageFacts } from './message/facts.js';
export { prepareMessage } from './message/prepare.js';
export type { Preparation } from './message/prepare.js';

export { mapNames, nameSettings } from './message/names.js';
export type { NameEntry, NameSettings, NameTable } from './message/names.js';
export { nameFile, userNameFiles } from './name-files.js';
export { compileNameSource } from './message/name-source.js';
export { explainMessage } from './message/explain.js';
export type { EnvelopeLine, Explanation } from './message/explain.js';
export type { Change } from './message/changes.js';

export type { EnvelopeFault } from './queue/envelope-bytes.js';
export { resultOfFault } from './queue/envelope-fault.js';
export { maildirQueue } from './queue/maildir.js';
export type { MaildirOptions } from './queue/maildir.js';
export { qmailQueue } from './queue/qmail-queue.js';
export type { QmailQueueOptions } from './queue/qmail-queue-options.js';

export { conduct } from './session/conduct.js';
export type { ConnectionMeta, Engine, EngineHost, EngineListener, ListenAddress } from './session/engine.js';
export type { SessionRules } from './session/rules.js';
export type { MessageSource, SessionServices } from './session/services.js';
export { Session } from './session/session.js';
export { protocol } from './session/state.js';
export type { Need, Rule, State, Verb } from './session/state.js';
export { isAsk } from './session/step.js';
export type { Ask, Expects, Step } from './session/step.js';
export { submitMessage } from './session/submit.js';
export type { Timeouts } from './session/timeouts.js';
export { Transaction } from './session/transaction.js';

export { DataScanner } from './wire/data-scanner.js';
export { LineScanner } from './wire/line-scanner.js';
export { wireEngine } from './wire/engine.js';
export { playSession } from './wire/play.js';
export type { PlayAction, PlayScript } from './wire/play.js';
