/**
 * Looks at a checkpassword before anybody relies on it: is it there, does it let everybody in, is it likely to reject
 * everybody? For `posternd check`, and for whoever starts a server of his own.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Secret } from '@postern/core';
import type { VerifyContext } from '@postern/core';
import type { CheckpasswordOptions } from './options.js';
import { checkpasswordSettings } from './options.js';
import { checkpassword } from './verifier.js';

export interface Finding {
  /** `error`: it must not be used like this. `warning`: it can be right, and often is not. */
  readonly level: 'error' | 'warning';
  /** One line, for the operator. */
  readonly text: string;
}

export interface ProbeTools {
  /** The effective user id that the server will run with. Default: that of this process. */
  readonly uid?: number;
  readonly signal?: AbortSignal;
}

// These read /etc/shadow and change to the user, so they need root, and without it they reject everybody.
const NEEDS_ROOT = new Set(['checkpassword', 'checkpassword-pam', 'checkpasswd']);
const SETUID = 0o4000;

/** Asks the program about a login and a password that were made up on the spot. Nothing found: an empty list. @throws OptionError */
export async function probe(options: CheckpasswordOptions, tools: ProbeTools = {}): Promise<readonly Finding[]> {
  const { argv, deadline } = checkpasswordSettings(options);
  const [program, behind = ''] = argv;
  const findings: Finding[] = [];
  if (behind.startsWith('/') && options.flavour !== 'cvm' && !isExecutable(behind)) {
    findings.push({
      level: 'error',
      text: `${program} cannot run ${behind} when it accepts: there is no such program`,
    });
  }
  const verdict = await checkpassword({ ...options, concurrency: 1 }).verify(
    {
      kind: 'password',
      mechanism: 'PLAIN',
      login: `postern-probe-${randomBytes(6).toString('hex')}`,
      password: Secret.of(randomBytes(18).toString('base64url')),
    },
    probeContext(tools.signal ?? AbortSignal.timeout(deadline)),
  );
  if (verdict.outcome === 'accepted') {
    const text = `${program} accepts a login and a password that were made up on the spot: this would be an open relay`;
    findings.push({ level: 'error', text });
  } else if (verdict.outcome === 'unavailable') {
    findings.push({ level: 'error', text: `it cannot answer: ${verdict.cause}` });
  } else if (rejectsEverybody(program, tools.uid ?? process.geteuid?.() ?? 0)) {
    findings.push({
      level: 'warning',
      text: `${program} is not set-uid and does not run as root: if it is the one that reads the shadow file, it rejects every login`,
    });
  }
  return findings;
}

/** Cannot be proved: nobody here knows a right password. */
const rejectsEverybody = (program: string, uid: number): boolean =>
  uid !== 0 &&
  NEEDS_ROOT.has(basename(program)) &&
  ((statSync(program, { throwIfNoEntry: false })?.mode ?? SETUID) & SETUID) === 0;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const here = { address: '127.0.0.1', port: 0 };

const probeContext = (signal: AbortSignal): VerifyContext => ({
  sessionId: 'probe',
  listener: 'probe',
  peer: here,
  local: { address: '127.0.0.1', port: 587 },
  mechanism: 'PLAIN',
  signal,
});
