/** How messages are prepared on this server. Checked once by the assembly, then frozen. */
import { z } from 'zod';
import { checkOptions } from '../base/options.js';
import type { LineEndingPolicy } from './line-endings.js';
import type { NameTable } from './names.js';
import type { Rewrite } from './rewrite.js';

export interface MessageOptions {
  /** Octets with LF line ends; 0 is no limit (control/databytes). Default 0. */
  readonly sizeLimit: number;
  /** A message with this many Received and Delivered-To fields is looping. Default 100, as qmail-smtpd(8). */
  readonly hopLimit: number;
  /** Octets of header held in memory. Default 1 MiB. */
  readonly headerLimit: number;
  /** Bare CR and LF; obeyed by the engine's scanner or by `LineEndings`. Default `reject`. */
  readonly lineEndings: LineEndingPolicy;
  /** No `from` clause in Received. Default false. */
  readonly hideClient: boolean;
  /** `ofmipd`: fields in ofmipd's order and formatting, byte for byte. Default `postern`. */
  readonly compat: 'postern' | 'ofmipd';
  /** Adds Sender where From is not the envelope sender (RFC 6409 §8.1). Default false. */
  readonly addSender: boolean;
  /** A field that may be there once only is there twice (RFC 5322 §3.6). Default `keep`. */
  readonly duplicates: 'refuse' | 'first' | 'keep';
  /** Host of a new Message-ID. */
  readonly idHost: string;
  /** Completes addresses in the header. */
  readonly rewrite: Rewrite;
  /** The server's name.cdb. */
  readonly names?: NameTable;
  /** A user's own table, in place of the server's. */
  readonly userNames?: (home: string) => NameTable | undefined;
}

/** The plain settings, as an operator writes them. */
export const messageSettings = z.strictObject({
  sizeLimit: z.number().int().min(0).default(0),
  hopLimit: z.number().int().min(1).default(100),
  headerLimit: z
    .number()
    .int()
    .min(1024)
    .default(1024 * 1024),
  lineEndings: z.enum(['reject', 'normalise']).default('reject'),
  hideClient: z.boolean().default(false),
  compat: z.enum(['postern', 'ofmipd']).default('postern'),
  addSender: z.boolean().default(false),
  duplicates: z.enum(['refuse', 'first', 'keep']).default('keep'),
});

export type MessageSettings = z.input<typeof messageSettings>;

/** What is not a plain setting. */
export type MessageTools = Pick<MessageOptions, 'idHost' | 'rewrite' | 'names' | 'userNames'>;

/** Settings checked, defaults filled in. @throws OptionError */
export function messageOptions(settings: MessageSettings, tools: MessageTools): MessageOptions {
  return Object.freeze({ ...checkOptions('message', messageSettings, settings), ...tools });
}
