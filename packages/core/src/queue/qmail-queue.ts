/**
 * The queue of qmail: one run of qmail-queue(8) for a message. Descriptor 0 is the message, descriptor 1 the envelope, and
 * nothing is written to the latter before all of the former is in the pipe: closing it empty is how a message is taken
 * back. Knows nothing of SMTP, and nothing of how programs are started.
 */
import { start as startProgram } from '@postern/child';
import type { Exit, FdSource, ProgramSpec, Running } from '@postern/child';
import { systemClock } from '../base/clock.js';
import type { Clock } from '../base/clock.js';
import type { Envelope } from '../base/envelope.js';
import type { Queue, QueueContext, QueueResult } from '../ports/queue.js';
import { CUSTOM_TEXT_LIMIT, customText } from './custom-text.js';
import { ADDRESS_LIMIT, checkEnvelope, envelopeBytes } from './envelope-bytes.js';
import { resultOfFault } from './envelope-fault.js';
import { exitMeaning } from './exit-code.js';
import { messageReader } from './message-reader.js';
import type { Block, MessageReader } from './message-reader.js';
import { qmailQueueSettings } from './qmail-queue-options.js';
import type { QmailQueueOptions, QmailQueueSettings } from './qmail-queue-options.js';
import { Environments } from './session-variables.js';

export interface QmailQueueTools {
  readonly clock?: Clock;
  readonly start?: (spec: ProgramSpec) => Running;
}

// Any pipe takes this at once (pipe(7)), so it can be there before the program is.
const FITS_ANY_PIPE = 4096;

// A qmail-queue that reads the end of an empty envelope removes its files and exits 54; one that is killed leaves them to
// qmail-send for 36 hours. So it gets this long, in milliseconds, to go by itself.
const TIME_TO_LEAVE = 2000;

/**
 * A queue that hands every message to qmail-queue.
 *
 * @throws OptionError
 *
 * @example
 *
 *     const queue = qmailQueue({ qmail: '/var/qmail' });
 */
export function qmailQueue(options: QmailQueueOptions = {}, tools: QmailQueueTools = {}): Queue {
  const settings = qmailQueueSettings(options);
  const clock = tools.clock ?? systemClock;
  const start = tools.start ?? startProgram;
  const environments = new Environments(settings.env);
  return {
    name: 'qmail-queue',
    carries: settings.carries,
    async submit(envelope, message, context) {
      const fault = checkEnvelope(envelope);
      if (fault !== undefined) return resultOfFault(fault, ADDRESS_LIMIT);
      const reader = messageReader(message, context.signal);
      try {
        return await inject({ settings, environments, clock, start, envelope, context }, reader);
      } finally {
        reader.close();
      }
    },
  };
}

interface Injection {
  readonly settings: QmailQueueSettings;
  readonly environments: Environments;
  readonly clock: Clock;
  readonly start: (spec: ProgramSpec) => Running;
  readonly envelope: Envelope;
  readonly context: QueueContext;
}

async function inject(injection: Injection, reader: MessageReader): Promise<QueueResult> {
  // Nothing is started before a whole block has come: a small message that fails costs no process, and a slow client
  // holds none.
  const first = await reader.next();
  if (first.kind === 'aborted') return ABORTED;
  const records = envelopeBytes(injection.envelope);
  if (first.kind === 'last' && first.bytes.length <= FITS_ANY_PIPE && records.length <= FITS_ANY_PIPE) {
    return injectSmall(injection, reader, first.bytes, records);
  }
  const running = injection.start(programSpec(injection, WRITABLE, WRITABLE));
  const message = running.writer(0);
  try {
    for (let block: Block = first; ; block = await reader.next()) {
      if (block.kind === 'aborted') return await takeBack(injection, running, ABORTED);
      await message.write(block.bytes);
      // It has gone, or will not read: what its exit says matters more than the rest of the message.
      if (message.failed) return await takeBack(injection, running);
      if (block.kind === 'last') break;
    }
  } catch (error) {
    await takeBack(injection, running);
    throw error;
  }
  message.end();
  if (injection.context.signal.aborted) return takeBack(injection, running, ABORTED);
  const envelope = running.writer(1);
  killOnAbort(running, reader);
  await envelope.write(records);
  envelope.end();
  const exit = await running.exit;
  return settle(injection, running, exit, ![message, envelope].some(({ failed }) => failed));
}

/** Everything is in the pipes before the program is: no write of ours can fail. */
async function injectSmall(
  injection: Injection,
  reader: MessageReader,
  message: Uint8Array,
  records: Uint8Array,
): Promise<QueueResult> {
  const running = injection.start(
    programSpec(injection, { kind: 'input', bytes: message }, { kind: 'input', bytes: records }),
  );
  killOnAbort(running, reader);
  const exit = await running.exit;
  return settle(injection, running, exit, true);
}

/** Closes descriptor 1 empty, so that nothing is queued, and waits until the program has gone. */
async function takeBack(injection: Injection, running: Running, answer?: QueueResult): Promise<QueueResult> {
  running.writer(1).abort();
  running.writer(0).abort();
  const timer = setTimeout(() => running.kill(), TIME_TO_LEAVE);
  const exit = await running.exit;
  clearTimeout(timer);
  return answer ?? settle(injection, running, exit, false);
}

/** The envelope is on its way. A program that is killed now may have committed all the same: its exit code tells. */
function killOnAbort(running: Running, reader: MessageReader): void {
  reader.onAbort(() => running.kill());
}

const ABORTED: QueueResult = { outcome: 'deferred', cause: 'the server is ending' };
const WRITABLE: FdSource = { kind: 'writable' };
const OUTPUT: FdSource = { kind: 'output', limit: CUSTOM_TEXT_LIMIT };

function programSpec(injection: Injection, message: FdSource, envelope: FdSource): ProgramSpec {
  const { settings, context } = injection;
  return {
    argv: settings.argv,
    env: settings.sessionVariables ? injection.environments.of(context) : settings.env,
    ...(settings.cwd === undefined ? {} : { cwd: settings.cwd }),
    // One pipe serves both dialects of custom error text: notqmail writes to 6, the older patches to 4.
    fds: { 0: message, 1: envelope, 2: OUTPUT, 4: OUTPUT, 6: { kind: 'same-as', fd: 4 } },
    deadline: settings.deadline,
  };
}

/** `complete`: every write of ours went through. */
function settle(injection: Injection, running: Running, exit: Exit, complete: boolean): QueueResult {
  const program = injection.settings.argv[0];
  if (exit.how === 'timeout') return { outcome: 'deferred', cause: `${program}: killed after its deadline` };
  if (exit.how === 'signaled') return { outcome: 'deferred', cause: `${program}: ended by ${exit.signal}` };
  if (exit.how === 'failed') return { outcome: 'deferred', cause: `${program}: cannot be run: ${exit.message}` };
  const meaning = exitMeaning(exit.code);
  if (meaning.outcome === 'queued') {
    // qmail-queue reads all of it before it exits 0, so this is something else, and the message may be anywhere.
    if (!complete) return { outcome: 'deferred', cause: `${program}: exit 0 without having read everything` };
    return { outcome: 'queued', id: `${Math.floor(injection.clock.now() / 1000)} qp ${running.pid}` };
  }
  const standardError = running.output(2);
  const said = customText(exit.code, { custom: running.output(4), standardError, env: injection.settings.env });
  const spoken = standardError.toString('utf8').trim();
  return {
    outcome: said?.outcome ?? meaning.outcome,
    status: said?.status ?? meaning.status,
    ...(said === undefined ? {} : { text: said.text }),
    cause: `${program}: exit ${exit.code}: ${meaning.cause}${spoken === '' ? '' : `: ${spoken}`}`,
  };
}
