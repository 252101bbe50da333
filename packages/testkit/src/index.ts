/**
 * Tools for tests, private to this repository: dialogs, misbehaving clients, throwaway certificates, fake programs and a
 * finder of real ones. It imports none of the other packages: what it says about them, it says from outside.
 *
 * @module
 */
export { throwawayCa, issueCertificate } from './ca.js';
export type { CertificateRequest, IssuedCertificate, ThrowawayCa } from './ca.js';
export { DialogSyntaxError, parseDialog } from './dialog-parser.js';
export type { Dialog, DialogStep } from './dialog-parser.js';
export { DialogError, playDialog, readDialog } from './dialog.js';
export type { PlayedDialog, PlayOptions } from './dialog.js';
export { fakeCheckpassword } from './fake-checkpassword.js';
export type { CheckpasswordBehaviour, CheckpasswordRun, FakeCheckpassword } from './fake-checkpassword.js';
export { fakeProgram, shellOctets, shellWord } from './fake-program.js';
export type { FakeProgram } from './fake-program.js';
export { fakeQmailQueue, parseEnvelope } from './fake-qmail-queue.js';
export type { FakeQmailQueue, QueueBehaviour, QueueRun } from './fake-qmail-queue.js';
export { fieldValues, readMaildir, unfinishedDeliveries } from './maildir.js';
export type { StoredMessage } from './maildir.js';
export {
  abortMidData,
  clientHello,
  clientHelloInClear,
  connectAndClose,
  connectAndReset,
  flood,
  halfCloseAfter,
  injectBehindStartTls,
  neverRead,
  oneByteAtATime,
  speakHttp,
} from './misbehave.js';
export type { DeafClient, InjectionResult } from './misbehave.js';
export { describePeer, findPeer, needPeer, readPeerRecord } from './peers.js';
export type { MissingPeer, Peer, PeerName, SkippableSuite, SkippableTest } from './peers.js';
export { freePort } from './ports.js';
export { posterndPath, runPosternd, startPosternd } from './posternd.js';
export type { BoundAddress, LogLine, Posternd, PosterndOptions } from './posternd.js';
export { runProgram, startProgram } from './process.js';
export type { LineOptions, ProgramExit, ProgramOptions, ProgramResult, RunningProgram } from './process.js';
export { connectSmtp, openStream, resetStream, SmtpClient } from './smtp-client.js';
export type { SmtpReply, SmtpTarget } from './smtp-client.js';
export { tempDir } from './temp.js';
export type { TempDir } from './temp.js';
export { pause, waitFor } from './wait.js';
