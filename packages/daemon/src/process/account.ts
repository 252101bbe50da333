/** Who serves. Looks accounts up; changes nothing. */
import { execFileSync } from 'node:child_process';
import { ConfigurationError } from '../config/configuration-error.js';
import type { Configuration } from '../config/configuration.js';

export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** For logs, and for its supplementary groups. Absent if the account was given as a number without a name. */
  readonly name?: string;
  /** The group was chosen: it is the only one. Otherwise the account keeps those of the group database. */
  readonly groupChosen: boolean;
}

type Wanted = Pick<Configuration, 'file' | 'user' | 'group'>;

/**
 * The account to change to; undefined if the process is what it should be already.
 *
 * @throws ConfigurationError where the daemon would serve as root, or cannot become what is asked for
 */
export function servingAccount(wanted: Wanted, uid = process.getuid?.()): Account | undefined {
  const { file, user, group } = wanted;
  if (uid !== 0) {
    if (user === undefined || lookUp(user, '-u') === uid) return undefined;
    throw new ConfigurationError(
      file,
      'user',
      `${JSON.stringify(user)}, but the daemon was started by another user, who is not root`,
      'the user who starts it, or no user at all',
    );
  }
  if (user === undefined)
    throw new ConfigurationError(
      file,
      'user',
      'nothing, and the daemon was started as root',
      'a user to serve as; posternd does not serve as root',
    );
  const account = resolveAccount(wanted, user, group);
  if (account.uid === 0) throw new ConfigurationError(file, 'user', JSON.stringify(user), 'a user who is not root');
  if (account.gid === 0)
    throw new ConfigurationError(file, 'group', JSON.stringify(group ?? user), 'a group that is not root');
  return account;
}

function resolveAccount({ file }: Wanted, user: string | number, group: string | number | undefined): Account {
  const uid = lookUp(user, '-u');
  if (uid === undefined) throw new ConfigurationError(file, 'user', JSON.stringify(user), 'a user of this machine');
  const gid = group === undefined ? lookUp(user, '-g') : lookUpGroup(group);
  if (gid === undefined)
    throw new ConfigurationError(file, 'group', JSON.stringify(group ?? user), 'a group of this machine');
  return { uid, gid, ...(typeof user === 'string' ? { name: user } : {}), groupChosen: group !== undefined };
}

/** By id(1), which asks whatever nsswitch.conf(5) names. Node has no call for it. */
const lookUp = (user: string | number, what: '-u' | '-g'): number | undefined =>
  typeof user === 'number' && what === '-u' ? user : ask('id', [what, '--', String(user)]);

const lookUpGroup = (group: string | number): number | undefined =>
  typeof group === 'number' ? group : ask('getent', ['group', group], 2);

function ask(program: string, args: readonly string[], field = 0): number | undefined {
  try {
    const output = execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    const number = Number(output.trim().split(':')[field]);
    return Number.isInteger(number) ? number : undefined;
  } catch {
    return undefined;
  }
}
