/**
 * What an exit code means, a table for each flavour. Every code that is not in the table is "could not find out": only a
 * real refusal may be told to a client as a wrong password.
 */

export type Flavour = 'checkpassword' | 'vchkpw' | 'cmd5checkpw' | 'cvm';

export type ExitMeaning =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'rejected' }
  | { readonly outcome: 'unavailable'; readonly cause: string };

interface Table {
  readonly rejected: ReadonlySet<number>;
  /** For the log. */
  readonly causes: ReadonlyMap<number, string>;
}

const MISUSED = 'called wrongly: no program behind it, or descriptor 3 not open';
const TEMPORARY = 'temporary problem';

// cr.yp.to/checkpwd/interface.html
const checkpassword: Table = {
  rejected: new Set([1]),
  causes: new Map([
    [2, MISUSED],
    [111, TEMPORARY],
  ]),
};

const tables: Readonly<Record<Flavour, Table>> = {
  checkpassword,
  cmd5checkpw: checkpassword,
  // vpopmail's vchkpw(8) has a code for each way to fail; its source is the only list.
  vchkpw: {
    // 1: the account may not use SMTP. 3: wrong password, or no such user. 12, 13: no login, no password. 20: a login that
    // is no address. 21 to 23: the same three for system users.
    rejected: new Set([1, 3, 12, 13, 20, 21, 22, 23]),
    causes: new Map([
      [4, 'setgid failed'],
      [5, 'setuid failed'],
      [6, 'the home directory cannot be entered or made'],
      [7, 'the environment is full'],
      [8, 'the environment is full'],
      [9, 'the environment is full'],
      [10, 'the environment is full'],
      [11, 'descriptor 3 cannot be read'],
      [14, "the user's directory cannot be made"],
      [15, 'the user has no password'],
      [111, TEMPORARY],
    ]),
  },
  // cvm-checkpassword(8) hands on what the module says: 100 is a refusal, and 1 is "something went wrong".
  cvm: {
    rejected: new Set([100]),
    causes: new Map([
      [1, 'general error of the module'],
      [4, 'input or output error of the module'],
      [111, TEMPORARY],
    ]),
  },
};

/** Total: never undefined, whatever the code. 0 is the exit of the program behind, `true` for example. */
export function exitMeaning(flavour: Flavour, code: number): ExitMeaning {
  if (code === 0) return { outcome: 'accepted' };
  const table = tables[flavour];
  if (table.rejected.has(code)) return { outcome: 'rejected' };
  return { outcome: 'unavailable', cause: `exit ${code}: ${table.causes.get(code) ?? 'unknown exit code'}` };
}
