/** MAIL FROM and RCPT TO: what the client wrote, checked against what can be carried. */
import { needsUtf8, rawAddress } from '../base/mailbox.js';
import type { Mailbox } from '../base/mailbox.js';
import { parsePath } from '../base/path.js';
import type { PathAndParameters } from '../base/path.js';
import { replies } from '../base/replies.js';
import type { Reply } from '../base/reply.js';
import type { SessionRules } from './rules.js';

export interface MailCommand {
  readonly sender: Mailbox | null;
  readonly body: '7bit' | '8bitmime';
  readonly smtputf8: boolean;
  /** Octets, as the client announced; 0 if it did not. */
  readonly size: number;
}

type Checked<T> = { readonly ok: T } | { readonly refused: Reply };

// qmail-queue(8) takes 1002 octets with the type letter and the NUL.
const ADDRESS_LIMIT = 1000;

// These would change what becomes of the message, and nobody could keep the promise. Any other parameter that is not
// known means nothing to us and is ignored, as ofmipd does.
const PROMISES = new Set([
  'REQUIRETLS',
  'HOLDFOR',
  'HOLDUNTIL',
  'BY',
  'MT-PRIORITY',
  'NOTIFY',
  'RET',
  'ENVID',
  'ORCPT',
]);

/** @param argument what follows `MAIL`, for example `FROM:<a@b> SIZE=1` */
export function readMail(argument: string, rules: SessionRules, messageSize: number): Checked<MailCommand> {
  const read = readPath(argument, 'FROM', replies.badSender, rules);
  if ('refused' in read) return read;
  const { parameters, mailbox } = read.ok;
  const declared = parameters.get('BODY')?.toUpperCase();
  // 8BITMIME is honoured where the queue carries it; BINARYMIME nowhere (RFC 3030 §3).
  if (declared !== undefined && declared !== '7BIT' && !(declared === '8BITMIME' && rules.carries.has('8bit'))) {
    return { refused: replies.unknownParameter('BODY') };
  }
  const smtputf8 = parameters.has('SMTPUTF8');
  if (smtputf8 && !rules.carries.has('smtputf8')) return { refused: replies.unknownParameter('SMTPUTF8') };
  const size = parameters.get('SIZE') ?? '0';
  if (!/^\d{1,20}$/.test(size)) return { refused: replies.badParameter('SIZE') };
  if (messageSize > 0 && Number(size) > messageSize) return { refused: replies.tooBig };
  const sender = mailbox === null ? null : rules.complete(mailbox);
  if (sender !== null) {
    const raw = rawAddress(sender);
    if (!rules.verp && (raw === '#@[]' || raw.endsWith('-@[]'))) return { refused: replies.reservedSender };
    if (Buffer.byteLength(raw) > ADDRESS_LIMIT) return { refused: replies.addressTooLong };
  }
  return {
    ok: { sender, body: declared === '8BITMIME' ? '8bitmime' : '7bit', smtputf8, size: Number(size) },
  };
}

/** @param argument what follows `RCPT`, for example `TO:<a@b>` */
export function readRcpt(argument: string, rules: SessionRules): Checked<Mailbox> {
  const read = readPath(argument, 'TO', replies.badRecipient, rules);
  if ('refused' in read) return read;
  if (read.ok.mailbox === null) return { refused: replies.badRecipient };
  const recipient = rules.complete(read.ok.mailbox);
  if (Buffer.byteLength(rawAddress(recipient)) > ADDRESS_LIMIT) return { refused: replies.addressTooLong };
  return { ok: recipient };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readPath(
  argument: string,
  keyword: string,
  malformed: Reply,
  rules: SessionRules,
): Checked<PathAndParameters> {
  const match = /^([A-Za-z]+) ?:(.*)$/.exec(argument);
  if (match?.[1]?.toUpperCase() !== keyword) return { refused: malformed };
  const text = decode(match[2] ?? '');
  // Not UTF-8 is not an address of any kind (RFC 6531 §3.3).
  if (text === undefined) return { refused: replies.utf8NotCarried };
  const path = parsePath(text);
  if (path === undefined) return { refused: malformed };
  for (const name of path.parameters.keys()) {
    if (PROMISES.has(name)) return { refused: replies.unknownParameter(name) };
  }
  const { mailbox } = path;
  const utf8Allowed = rules.carries.has('smtputf8');
  if (mailbox !== null && needsUtf8(mailbox) && !utf8Allowed) return { refused: replies.utf8NotCarried };
  return { ok: path };
}

/** The wire gives one character per octet. */
function decode(octets: string): string | undefined {
  // eslint-disable-next-line no-control-regex
  if (!/[^\x00-\x7f]/.test(octets)) return octets;
  try {
    return utf8.decode(Buffer.from(octets, 'latin1'));
  } catch {
    return undefined;
  }
}
