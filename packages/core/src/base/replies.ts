/**
 * Every reply there is, named by cause, with the section that asks for it. No other file holds a reply code.
 */
import type { Reply } from './reply.js';
import type { FaultCause } from './message-fault.js';

const reply = (code: number, status: readonly [number, number] | undefined, ...text: string[]): Reply =>
  Object.freeze(status === undefined ? { code, text } : { code, status, text });

const closing = (of: Reply): Reply => Object.freeze({ ...of, close: true });

export const replies = {
  // Connection
  /** RFC 5321 §4.2: the host's name comes first. RFC 2034 §3: no enhanced status code. */
  greeting: (hostname: string): Reply => reply(220, undefined, `${hostname} ESMTP`),
  /** RFC 5321 §4.1.1.10 */
  bye: closing(reply(221, [0, 0], 'Bye')),
  /** RFC 5321 §3.8 */
  shuttingDown: closing(reply(421, [3, 2], 'Server is shutting down, try again shortly')),
  /** RFC 5321 §4.5.3.2.7 */
  timeout: closing(reply(421, [4, 2], 'Waited too long, closing the connection')),
  tooManyConnections: closing(reply(421, [3, 2], 'Too many connections, try again later')),
  tooManyErrors: closing(reply(421, [7, 0], 'Too many errors, closing the connection')),
  /** RFC 4954 §4: a server may close after too many failures. */
  tooManyFailures: closing(reply(421, [7, 0], 'Too many failed logins, closing the connection')),
  /** A browser or a TLS client on a port that speaks SMTP. */
  notSmtp: closing(reply(421, [7, 0], 'This port speaks SMTP')),
  /** Something of our own failed; the text is fixed, the id finds the log line. */
  internalError: (sessionId: string): Reply => reply(451, [3, 0], `Local error, please try again (${sessionId})`),

  // Greeting and small commands
  /** RFC 5321 §4.1.1.1; RFC 2034 §3: no enhanced status code. */
  hello: (hostname: string, extensions: readonly string[] = []): Reply =>
    reply(250, undefined, hostname, ...extensions),
  ok: reply(250, [0, 0], 'OK'),
  reset: reply(250, [0, 0], 'Reset'),
  /** RFC 5321 §4.1.1.8 */
  help: reply(214, [0, 0], 'This is a mail submission server: RFC 6409', 'Log in with AUTH, then MAIL, RCPT and DATA'),
  /** RFC 5321 §7.3: neither yes nor no. */
  cannotVerify: reply(252, [1, 5], 'Cannot verify, but will take the message'),

  // Syntax and order
  /** RFC 5321 §4.2.4 */
  unknownCommand: reply(500, [5, 2], 'Command not recognized'),
  /** RFC 5321 §4.5.3.1.4, RFC 4954 §4 */
  lineTooLong: reply(500, [5, 2], 'Line too long'),
  /** RFC 5321 §2.3.8: no control characters, NUL least of all. */
  badCharacters: reply(500, [5, 2], 'Control characters are not allowed'),
  notImplemented: reply(502, [5, 1], 'Command not implemented'),
  badArguments: (usage: string): Reply => reply(501, [5, 4], `Syntax: ${usage}`),
  helloFirst: reply(503, [5, 1], 'Say EHLO first'),
  mailFirst: reply(503, [5, 1], 'MAIL first'),
  rcptFirst: reply(503, [5, 1], 'RCPT first'),
  nestedMail: reply(503, [5, 1], 'Sender already given'),
  /** RFC 3030 §2: no DATA within a BDAT sequence. */
  dataAfterChunk: reply(503, [5, 1], 'BDAT LAST or RSET first'),
  notInTransaction: reply(503, [5, 1], 'Not during a mail transaction'),

  // TLS
  /** RFC 3207 §4 */
  startTls: reply(220, [0, 0], 'Ready to start TLS'),
  tlsAlready: reply(503, [5, 1], 'TLS is already active'),
  tlsNotOffered: reply(502, [5, 1], 'TLS is not offered here'),
  /** RFC 3207 §4 */
  tlsRequired: reply(530, [7, 0], 'Must issue a STARTTLS command first'),
  /** RFC 4954 §6 */
  encryptionRequired: reply(538, [7, 11], 'Encryption required for this mechanism: STARTTLS first'),

  // AUTH (RFC 4954)
  /** §4: `challenge` is base64, or empty. */
  challenge: (challenge: string): Reply => reply(334, undefined, challenge),
  /** §6 */
  authenticated: reply(235, [7, 0], 'Authentication succeeded'),
  /** §6: a real refusal and nothing else. */
  credentialsInvalid: reply(535, [7, 8], 'Authentication credentials invalid'),
  /** §6: whatever kept us from knowing. */
  authUnavailable: reply(454, [7, 0], 'Temporary authentication failure'),
  authBlocked: reply(454, [7, 0], 'Too many failed logins, try again later'),
  /** §4 */
  authCancelled: reply(501, [7, 0], 'Authentication cancelled'),
  /** §4 */
  badBase64: reply(501, [5, 2], 'Cannot decode the response'),
  /** RFC 4616 §2 */
  badSaslMessage: reply(501, [5, 2], 'Malformed authentication response'),
  /** §4 */
  unknownMechanism: reply(504, [5, 4], 'Unrecognized authentication type'),
  authNotOffered: reply(502, [5, 1], 'Authentication is not offered here'),
  authTwice: reply(503, [5, 1], 'Already authenticated'),
  /** §4: "An AUTH command issued during a mail transaction MUST be rejected" */
  authInTransaction: reply(503, [5, 1], 'Not during a mail transaction'),
  /** §4: exchange lines over 12288 octets */
  authTooLong: reply(500, [5, 6], 'Authentication exchange line is too long'),
  /** RFC 6409 §4.3 */
  authRequired: reply(530, [7, 0], 'Authentication required'),

  // Envelope
  senderOk: reply(250, [1, 0], 'Sender OK'),
  recipientOk: reply(250, [1, 5], 'Recipient OK'),
  badSender: reply(501, [1, 7], 'Syntax: MAIL FROM:<address>'),
  badRecipient: reply(501, [1, 3], 'Syntax: RCPT TO:<address>'),
  /** RFC 6531 §3.5 */
  utf8NotCarried: reply(553, [6, 7], 'Addresses outside ASCII cannot be sent from here'),
  /** qmail-queue(8): at most 1002 bytes. */
  addressTooLong: reply(553, [1, 3], 'Address too long'),
  /** qmail-send(8): `#@[]` and `...-@[]` mean something to it. */
  reservedSender: reply(553, [1, 7], 'This sender address is reserved'),
  /** RFC 6409 §6.1 */
  senderNotAllowed: reply(553, [7, 1], 'You may not send as this address'),
  unknownParameter: (keyword: string): Reply => reply(555, [5, 4], `Parameter not supported: ${keyword}`),
  badParameter: (keyword: string): Reply => reply(501, [5, 4], `Bad value for ${keyword}`),
  /** RFC 5321 §4.5.3.1.10 */
  tooManyRecipients: reply(452, [5, 3], 'Too many recipients'),
  /** RFC 9422 §4.1: MAILMAX */
  tooManyMessages: closing(reply(421, [7, 0], 'Too many messages in one session, please reconnect')),
  /** RFC 1870 §6: permanent. */
  tooBig: reply(552, [3, 4], 'Message is larger than this server takes'),

  // Data
  /** RFC 5321 §4.1.1.4 */
  startData: reply(354, undefined, 'End data with <CR><LF>.<CR><LF>'),
  /** RFC 3030 §2 */
  chunkOk: (octets: number): Reply => reply(250, [0, 0], `${octets} octets received`),
  badChunk: reply(501, [5, 4], 'Syntax: BDAT size [LAST]'),
  queued: (id: string): Reply => reply(250, [0, 0], `ok ${id}`),
  bareLineEnding: reply(550, [6, 0], 'Line ends must be CR LF (RFC 5321 section 2.3.8)'),
  nulByte: reply(550, [6, 0], 'NUL is not allowed in a message header'),
  headerTooBig: reply(552, [3, 4], 'Message header is too large'),
  headerMalformed: reply(550, [6, 0], 'The message header cannot be read'),
  duplicateField: reply(550, [6, 0], 'A header field that may stand once stands twice (RFC 5322 section 3.6)'),
  /** RFC 5321 §6.3 */
  tooManyHops: reply(554, [4, 6], 'Too many hops, this message is looping'),
  queueRefused: (text?: string, status: readonly [number, number] = [3, 0]): Reply =>
    reply(554, status, text ?? 'Message refused'),
  queueDeferred: (text?: string, status: readonly [number, number] = [3, 0]): Reply =>
    reply(451, status, text ?? 'Message not queued, please try again'),
} as const;

/** The reply for each reason that a message is not taken. */
export const faultReplies: Readonly<Record<FaultCause, Reply>> = {
  'too-big': replies.tooBig,
  'too-many-hops': replies.tooManyHops,
  'bare-line-ending': replies.bareLineEnding,
  'nul-byte': replies.nulByte,
  'header-too-big': replies.headerTooBig,
  'header-malformed': replies.headerMalformed,
  'duplicate-field': replies.duplicateField,
  'sender-not-allowed': replies.senderNotAllowed,
};
