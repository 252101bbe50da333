/** What an operator may say about a checkpassword. */
import { z } from 'zod';
import { checkOptions } from '@postern/core';
import type { Check } from '@postern/core';
import type { Flavour } from './exit-code.js';

/** Order of the fields on descriptor 3 behind the login. */
export type CramOrder = 'challenge-response' | 'response-challenge';

export interface CheckpasswordOptions {
  /**
   * The program and its arguments, at least one: checkpassword runs them when it accepts. `["/bin/checkpassword", "true"]`,
   * or with `"env", "-0"` at the end to learn login and home. No shell is involved.
   */
  readonly program: readonly string[];
  /** Whose exit codes: `checkpassword` (the default), `vchkpw`, `cmd5checkpw`, `cvm`. */
  readonly flavour?: Flavour;
  /**
   * Whether the program can check CRAM-MD5 answers, and in which order it wants challenge and response. Default
   * `challenge-response` for cmd5checkpw, else `false`.
   */
  readonly cram?: false | CramOrder;
  /** Most octets on descriptor 3. Default 512, for vchkpw 155: it cuts what is longer. */
  readonly requestLimit?: number;
  /** Milliseconds that one run may take. Default 30000. */
  readonly deadline?: number;
  /** Most runs at a time. Default 20. */
  readonly concurrency?: number;
  /** Most logins that wait for a run; beyond that they are told to try again. Default 200. */
  readonly waiting?: number;
  /** The program's environment, besides PROTO, TCPREMOTEIP, TCPLOCALIP and TCPLOCALPORT. PATH has a default. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the program starts. Default: where the server runs. */
  readonly cwd?: string;
}

export interface CheckpasswordSettings {
  readonly argv: readonly [string, ...string[]];
  readonly flavour: Flavour;
  readonly cram: false | CramOrder;
  readonly checks: ReadonlySet<Check>;
  readonly requestLimit: number;
  readonly deadline: number;
  readonly concurrency: number;
  readonly waiting: number;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  /** The program behind says on standard output who it is. */
  readonly readsOutput: boolean;
}

// A request must fit into any pipe at once (pipe(7)): it is there before the program is.
const LARGEST_REQUEST = 4096;

const schema = z.strictObject({
  program: z
    .array(z.string().min(1))
    .min(2, 'the program, and behind it what it runs when it accepts, ["/bin/checkpassword", "true"] for example'),
  flavour: z.enum(['checkpassword', 'vchkpw', 'cmd5checkpw', 'cvm']).default('checkpassword'),
  cram: z
    .union([z.literal(false), z.enum(['challenge-response', 'response-challenge'])], {
      error: 'false, "challenge-response" or "response-challenge"',
    })
    .optional(),
  requestLimit: z.int().min(16).max(LARGEST_REQUEST).optional(),
  deadline: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .default(30_000),
  concurrency: z.int().min(1).default(20),
  waiting: z.int().min(0).default(200),
  env: z.record(z.string().min(1), z.string()).default({}),
  cwd: z.string().min(1).optional(),
});

/** @throws OptionError */
export function checkpasswordSettings(options: CheckpasswordOptions): CheckpasswordSettings {
  const given = checkOptions('checkpassword', schema, options);
  const [path = '', ...behind] = given.program;
  const argv: [string, ...string[]] = [path, ...behind];
  const cram = given.cram ?? (given.flavour === 'cmd5checkpw' ? 'challenge-response' : false);
  return {
    argv: Object.freeze(argv),
    flavour: given.flavour,
    cram,
    checks: new Set<Check>(cram === false ? ['password'] : ['password', 'cram-md5']),
    requestLimit: given.requestLimit ?? (given.flavour === 'vchkpw' ? 155 : 512),
    deadline: given.deadline,
    concurrency: given.concurrency,
    waiting: given.waiting,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...given.env },
    cwd: given.cwd,
    // `true` says nothing: a pipe less for every login.
    readsOutput: !/(?:^|\/)true$/.test(argv.at(-1) ?? ''),
  };
}
