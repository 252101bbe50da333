/**
 * A Maildir as the queue: one file for a message, with its envelope in trace fields on top. For a host without a mail
 * server of its own, for tests, and for `npm start`. Knows nothing of SMTP.
 */
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../base/clock.js';
import type { Clock } from '../base/clock.js';
import type { Envelope } from '../base/envelope.js';
import { formatMailbox, formatPath } from '../base/mailbox.js';
import { checkOptions, OptionError } from '../base/options.js';
import type { Carries, Queue, QueueContext, QueueResult } from '../ports/queue.js';
import { directorySync } from './directory-sync.js';
import type { DirectorySync } from './directory-sync.js';
import { ADDRESS_LIMIT, checkEnvelope } from './envelope-bytes.js';
import { resultOfFault } from './envelope-fault.js';
import { maildirNames } from './maildir-name.js';
import type { MaildirName } from './maildir-name.js';
import { messageReader } from './message-reader.js';
import type { Block, MessageReader } from './message-reader.js';

export interface MaildirOptions {
  /** The Maildir. It is made at the first message if it does not exist, with tmp, new and cur, mode 0700. */
  readonly path: string;
  /** Offer SMTPUTF8 (RFC 6531): whoever takes the messages out must understand such addresses. Default false. */
  readonly smtputf8?: boolean;
}

export interface MaildirTools {
  readonly clock?: Clock;
}

const schema = z.strictObject({ path: z.string().min(1), smtputf8: z.boolean().default(false) });

/**
 * A queue that keeps messages in a Maildir.
 *
 * @throws OptionError if the options are wrong, or if the path is something other than a directory.
 *
 * @example
 *
 *     const queue = maildirQueue({ path: '/var/spool/postern' });
 */
export function maildirQueue(options: MaildirOptions, tools: MaildirTools = {}): Queue {
  const given = checkOptions('maildir', schema, options);
  const path = resolve(given.path);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new OptionError('maildir', 'path', given.path, 'a directory, or a path where one can be made');
  }
  const newName = maildirNames(tools.clock ?? systemClock);
  const syncNew = directorySync(join(path, 'new'));
  return {
    name: 'maildir',
    carries: new Set<Carries>(given.smtputf8 ? ['8bit', 'smtputf8'] : ['8bit']),
    async submit(envelope, message, context) {
      const fault = checkEnvelope(envelope, Number.POSITIVE_INFINITY);
      if (fault !== undefined) return resultOfFault(fault, ADDRESS_LIMIT);
      const reader = messageReader(message, context.signal);
      try {
        return await deliver({ path, name: newName(), syncNew, envelope, context }, reader);
      } finally {
        reader.close();
      }
    },
  };
}

interface Delivery {
  readonly path: string;
  readonly name: MaildirName;
  readonly syncNew: DirectorySync;
  readonly envelope: Envelope;
  readonly context: QueueContext;
}

async function deliver(delivery: Delivery, reader: MessageReader): Promise<QueueResult> {
  const { path, name, context } = delivery;
  // A message that fails before a whole block has come never becomes a file.
  const first = await reader.next();
  if (first.kind === 'aborted') return ABORTED;
  const temporary = join(path, 'tmp', name.name);
  const handle = await attempt(() => createFile(path, temporary));
  if (!handle.ok) return disturbed('cannot make a file in tmp', handle.error);
  try {
    const written = await store(delivery, handle.value, first, reader);
    if (written !== undefined) {
      await discard(handle.value, temporary);
      return written;
    }
  } catch (error) {
    // Thrown by the message.
    await discard(handle.value, temporary);
    throw error;
  }
  const closed = await attempt(() => handle.value.close());
  if (!closed.ok || context.signal.aborted) {
    await attempt(() => unlink(temporary));
    return closed.ok ? ABORTED : disturbed('cannot close the file', closed.error);
  }
  return commit(delivery, temporary);
}

/** Writes everything and waits until it is on the disk. Rejects only with what the message throws. */
async function store(
  delivery: Delivery,
  handle: FileHandle,
  first: Block,
  reader: MessageReader,
): Promise<QueueResult | undefined> {
  let head: Uint8Array | undefined = traceFields(delivery.envelope);
  for (let block = first; ; block = await reader.next()) {
    if (block.kind === 'aborted') return ABORTED;
    const bytes = head === undefined ? block.bytes : Buffer.concat([head, block.bytes]);
    head = undefined;
    const written = await attempt(() => writeAll(handle, bytes));
    if (!written.ok) return disturbed('cannot write the message', written.error);
    if (block.kind === 'last') break;
  }
  const synced = await attempt(() => handle.sync());
  return synced.ok ? undefined : disturbed('cannot write the message to the disk', synced.error);
}

async function commit(delivery: Delivery, temporary: string): Promise<QueueResult> {
  const final = join(delivery.path, 'new', delivery.name.name);
  const renamed = await attempt(() => rename(temporary, final));
  if (!renamed.ok) {
    await attempt(() => unlink(temporary));
    return disturbed('cannot rename the file into new', renamed.error);
  }
  const synced = await attempt(delivery.syncNew);
  if (!synced.ok) {
    // Not safe on the disk, so it must not stay where a reader would take it. If a reader has, it has been delivered.
    const removed = await attempt(() => unlink(final));
    if (removed.ok || codeOf(removed.error) !== 'ENOENT')
      return disturbed('cannot write new to the disk', synced.error);
  }
  return { outcome: 'queued', id: delivery.name.id };
}

/** RFC 5321 §4.4 has Return-Path; Delivered-To is what qmail-local(8) writes. In the order of the envelope. */
function traceFields(envelope: Envelope): Buffer {
  let fields = `Return-Path: ${formatPath(envelope.sender)}\n`;
  for (const recipient of envelope.recipients) fields += `Delivered-To: ${formatMailbox(recipient)}\n`;
  return Buffer.from(fields, 'utf8');
}

async function createFile(path: string, temporary: string): Promise<FileHandle> {
  try {
    return await open(temporary, 'wx', 0o600);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    for (const folder of ['tmp', 'new', 'cur']) await mkdir(join(path, folder), { recursive: true, mode: 0o700 });
    return open(temporary, 'wx', 0o600);
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += (await handle.write(bytes, at)).bytesWritten;
}

async function discard(handle: FileHandle, temporary: string): Promise<void> {
  await attempt(() => handle.close());
  await attempt(() => unlink(temporary));
}

const ABORTED: QueueResult = { outcome: 'deferred', cause: 'the server is ending' };

/** RFC 3463 §3.4: 4.3.1 is a full disk. The error of the system is for the log. */
const disturbed = (what: string, error: unknown): QueueResult => ({
  outcome: 'deferred',
  ...(['ENOSPC', 'EDQUOT'].includes(codeOf(error)) ? { status: [3, 1] as const } : {}),
  cause: `${what}: ${error instanceof Error ? error.message : String(error)}`,
});

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Trouble of the file system as a value, so that it is never taken for trouble of the message. */
async function attempt<T>(action: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await action() };
  } catch (error) {
    return { ok: false, error };
  }
}
