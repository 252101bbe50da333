/** What an operator may say about qmail-queue. */
import { statSync } from 'node:fs';
import { z } from 'zod';
import { checkOptions } from '../base/options.js';
import type { Carries } from '../ports/queue.js';

export interface QmailQueueOptions {
  /**
   * The program that takes the message: qmail-queue itself or anything that keeps to qmail-queue(8). It is run without
   * arguments and without a shell. Default: QMAILQUEUE in `env`, else `bin/qmail-queue` below `qmail`.
   */
  readonly program?: string;
  /** qmail's directory, where the program starts if there is such a directory. Default `/var/qmail`. */
  readonly qmail?: string;
  /** The program's environment; PATH has a default. QQERRMSG_<code> is the text for an exit code. Default empty. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Adds what tcpserver and qmail-smtpd would have set: PROTO, TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP, TCPLOCALPORT, and an
   * empty RELAYCLIENT for a user who has logged in. Content scanners in front of qmail-queue look at them. Default true.
   */
  readonly sessionVariables?: boolean;
  /** Milliseconds that the program may take, the reading of the message included. Default 24 hours (qmail-queue(8)). */
  readonly deadline?: number;
  /** Offer SMTPUTF8 (RFC 6531). Only for a qmail that has been patched for it. Default false. */
  readonly smtputf8?: boolean;
}

export interface QmailQueueSettings {
  /** Frozen, so that it is encoded for the system only once. */
  readonly argv: readonly [string];
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly sessionVariables: boolean;
  readonly deadline: number;
  readonly carries: ReadonlySet<Carries>;
}

const DAY = 24 * 60 * 60 * 1000;

const schema = z.strictObject({
  program: z.string().min(1).optional(),
  qmail: z.string().min(1).default('/var/qmail'),
  env: z.record(z.string().min(1), z.string()).default({}),
  sessionVariables: z.boolean().default(true),
  deadline: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .default(DAY),
  smtputf8: z.boolean().default(false),
});

/** @throws OptionError */
export function qmailQueueSettings(options: QmailQueueOptions): QmailQueueSettings {
  const given = checkOptions('qmail-queue', schema, options);
  const program = given.program ?? given.env['QMAILQUEUE'] ?? `${given.qmail}/bin/qmail-queue`;
  const argv: [string] = [program];
  return {
    argv: Object.freeze(argv),
    cwd: isDirectory(given.qmail) ? given.qmail : undefined,
    env: Object.freeze({ PATH: '/usr/local/bin:/usr/bin:/bin', ...given.env }),
    sessionVariables: given.sessionVariables,
    deadline: given.deadline,
    carries: new Set<Carries>(given.smtputf8 ? ['8bit', 'smtputf8'] : ['8bit']),
  };
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
