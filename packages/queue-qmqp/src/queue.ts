/**
 * A queue that hands messages to QMQP servers (cr.yp.to/proto/qmqp.html), as qmail-qmqpc(8) does, but without a process of
 * its own for each. Knows nothing of SMTP.
 */
import { gate, resultOfFault, systemClock } from '@postern/core';
import type { Clock, Envelope, Gate, Queue, QueueResult } from '@postern/core';
import { exchange } from './exchange.js';
import { holdMessage, SpoolError } from './held-message.js';
import type { HeldMessage } from './held-message.js';
import { qmqpSettings } from './options.js';
import type { QmqpOptions, QmqpSettings } from './options.js';
import { outcome } from './outcome.js';
import { ADDRESS_LIMIT, checkAddresses, frame } from './request.js';
import { serverList } from './servers.js';
import type { ServerList } from './servers.js';

export interface QmqpTools {
  readonly clock?: Clock;
}

/**
 * A queue on one or many QMQP servers, the first that takes a connection.
 *
 * @throws OptionError
 *
 * @example
 *
 *     const queue = qmqp({ servers: ['10.0.0.1', '10.0.0.2:628', '[2001:db8::1]'] });
 */
export function qmqp(options: QmqpOptions, tools: QmqpTools = {}): Queue {
  const settings = qmqpSettings(options);
  const clock = tools.clock ?? systemClock;
  const servers = serverList({ ...settings, clock });
  const places = gate(settings);
  return {
    name: 'qmqp',
    carries: new Set(['8bit']),
    async submit(envelope, message, context) {
      const fault = checkAddresses(envelope);
      if (fault !== undefined) return resultOfFault(fault, ADDRESS_LIMIT);
      const { signal } = context;
      try {
        const held = await holdMessage(message, { ...settings, directory: settings.spoolDirectory, signal });
        if (held === undefined) return ABORTED;
        try {
          return await send({ settings, clock, servers, places, signal }, envelope, held);
        } finally {
          await held.release();
        }
      } catch (error) {
        if (error instanceof SpoolError)
          return { outcome: 'deferred', status: [3, 1], cause: `spool: ${error.message}` };
        throw error;
      }
    },
  };
}

interface Sending {
  readonly settings: QmqpSettings;
  readonly clock: Clock;
  readonly servers: ServerList;
  readonly places: Gate;
  readonly signal: AbortSignal;
}

/** The message is whole, so a slow client has held neither a place nor a connection. */
async function send(sending: Sending, envelope: Envelope, message: HeldMessage): Promise<QueueResult> {
  const { settings, signal } = sending;
  const leave = await sending.places.enter(signal);
  if (leave === undefined) return signal.aborted ? ABORTED : { outcome: 'deferred', cause: 'too many messages wait' };
  try {
    const connected = await sending.servers.connect(signal);
    if (connected.outcome === 'aborted') return ABORTED;
    // RFC 3463: no answer from host.
    if (connected.outcome === 'unreachable') return { outcome: 'deferred', status: [4, 1], cause: connected.cause };
    const result = await exchange(connected.socket, frame(envelope, message.length), message, settings, signal);
    // RFC 3463: bad connection.
    if (typeof result === 'string') {
      return { outcome: 'deferred', status: [4, 2], cause: `${connected.server.label}: ${result}` };
    }
    return outcome(result, sending.clock.now());
  } finally {
    leave();
  }
}

const ABORTED: QueueResult = { outcome: 'deferred', cause: 'the server is ending' };
