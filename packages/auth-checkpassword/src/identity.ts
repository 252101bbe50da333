/** Who it is, from what the program behind wrote: the output of `env -0`, or nothing. */
import type { Identity } from '@postern/core';
import type { Flavour } from './exit-code.js';

/** Whole variables only; the last line of a cut output is dropped. */
export function parseEnvironment(output: Buffer): Map<string, string> {
  const variables = new Map<string, string>();
  const text = output.toString('utf8');
  for (const line of text.slice(0, text.lastIndexOf('\0') + 1).split('\0')) {
    const equals = line.indexOf('=');
    if (equals > 0) variables.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return variables;
}

/**
 * The login is what the program calls the user, else what the client wrote. vchkpw puts only the local part into USER and
 * the whole login into VPOPUSER. HOME is taken if it is a path; UID and GID (cvm-checkpassword sets them) if they are
 * numbers.
 */
export function identityFrom(output: Buffer, login: string, flavour: Flavour): Identity {
  const variables = parseEnvironment(output);
  const named = variables.get(flavour === 'vchkpw' ? 'VPOPUSER' : 'USER');
  const home = variables.get('HOME');
  const uid = numberIn(variables.get('UID'));
  const gid = numberIn(variables.get('GID'));
  return {
    login: isUsable(named) ? named : login,
    ...(home?.startsWith('/') === true ? { home } : {}),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}

// eslint-disable-next-line no-control-regex
const isUsable = (name: string | undefined): name is string => name !== undefined && /^[^\x00-\x1f\x7f]+$/.test(name);

const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
