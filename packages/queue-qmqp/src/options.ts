/** What an operator may say about QMQP, checked once. */
import { tmpdir } from 'node:os';
import { checkOptions } from '@postern/core';
import { z } from 'zod';
import { parseServerAddress } from './server-address.js';
import type { ServerAddress } from './server-address.js';

export interface QmqpOptions {
  /** Tried in this order: `host`, `host:port` or `[address]:port`; port 628 unless given. At least one. */
  readonly servers: readonly string[];
  /** Milliseconds for a connection to one server. Default 10,000, as qmail-qmqpc(8) has it. */
  readonly connectTimeout?: number;
  /** Milliseconds without any octet sent or received. Default 60,000, as qmail-qmqpc(8) has it. */
  readonly timeout?: number;
  /** Milliseconds for the whole exchange with a server. Default one hour, QMQP's own limit. */
  readonly exchangeTimeout?: number;
  /** Milliseconds for which a server that could not be connected to is tried last. 0: never. Default 60,000. */
  readonly avoidTime?: number;
  /** Octets of one message that are held in memory; a longer one goes to a file. Default 262,144. */
  readonly memory?: number;
  /** Where that file is, for as long as it has no name. Default: the system's directory for temporary files. */
  readonly spoolDirectory?: string;
  /** Exchanges at one time; QMQP carries one message a connection. Default 20. */
  readonly concurrency?: number;
  /** Messages that may wait for a free exchange; the next one is deferred. Default 1000. */
  readonly waiting?: number;
}

export interface QmqpSettings extends Readonly<Required<Omit<QmqpOptions, 'servers'>>> {
  readonly servers: readonly ServerAddress[];
}

// The longest time that a timer of Node takes.
const milliseconds = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);

const schema = z.strictObject({
  servers: z
    .array(
      z.string().transform((text, context): ServerAddress => {
        const address = parseServerAddress(text);
        if (address !== undefined) return address;
        context.addIssue({ code: 'custom', message: 'host, host:port or [address]:port' });
        return z.NEVER;
      }),
    )
    .min(1),
  connectTimeout: milliseconds.default(10_000),
  timeout: milliseconds.default(60_000),
  exchangeTimeout: milliseconds.default(3_600_000),
  avoidTime: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(60_000),
  memory: z
    .int()
    .min(0)
    .max(2 ** 30)
    .default(256 * 1024),
  spoolDirectory: z.string().min(1).default(tmpdir),
  concurrency: z.int().min(1).default(20),
  waiting: z.int().min(0).default(1000),
});

/** @throws OptionError */
export const qmqpSettings = (options: QmqpOptions): QmqpSettings => checkOptions('qmqp', schema, options);
