/** What may be set, and the defaults. */
import { z } from 'zod';

const exitCode = z.number().int().min(0).max(255);

export const commandOptions = z
  .strictObject({
    /** The program and its arguments. No shell is involved. */
    program: z.array(z.string()).min(1),
    /** Its environment, beside what is told about the client. PATH has a default. */
    env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
    /** Where it starts. Default: where the server runs. */
    cwd: z.string().min(1).optional(),
    /** The descriptor on which it reads the password. 0 is standard input. */
    passwordFd: z
      .number()
      .int()
      .min(0)
      .max(9)
      .refine((fd) => fd !== 1 && fd !== 2, '0, or 3 to 9')
      .default(3),
    /** What stands behind the password, besides the end of the file. */
    passwordEnd: z.enum(['nothing', 'newline', 'nul']).default('nothing'),
    /** Exit codes that accept. */
    accepted: z.array(exitCode).min(1).default([0]),
    /** Exit codes that reject. All that are in neither list mean that it could not find out. */
    rejected: z.array(exitCode).min(1).default([1]),
    /**
     * The program takes CRAM-MD5 answers too: POSTERN_CHALLENGE is the challenge, and the 32 hexadecimal digits come where
     * the password would.
     */
    cram: z.boolean().default(false),
    /** Milliseconds that one run may take. Default 30 s. */
    deadline: z.number().int().min(1).default(30_000),
    /** Runs at a time. Default 20. */
    concurrency: z.number().int().min(1).default(20),
    /** Logins that may wait for one. Default 200. */
    waiting: z.number().int().min(0).default(200),
  })
  .refine(({ accepted, rejected }) => accepted.every((code) => !rejected.includes(code)), {
    path: ['rejected'],
    message: 'codes that are not in accepted',
  });

export type CommandOptions = z.input<typeof commandOptions>;
export type CommandSettings = Readonly<z.output<typeof commandOptions>>;
