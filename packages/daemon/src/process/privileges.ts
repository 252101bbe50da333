/** Gives up root for good. Does not know who should serve: that is account.ts. */
import type { Account } from './account.js';
import { StartError } from './start-error.js';

/** The calls this needs, those of Node's process; a parameter so that a test can see their order. */
export interface Identities {
  setgroups(groups: readonly number[]): void;
  initgroups(user: string, extraGroup: number): void;
  setgid(id: number): void;
  setuid(id: number): void;
  getuid(): number;
  geteuid(): number;
  getgid(): number;
  getegid(): number;
  getgroups(): number[];
}

/**
 * Groups first, then group, then user: after the last step nothing could be changed any more. Then it tries to go back,
 * which must fail.
 *
 * @throws StartError if any right is left
 */
export function dropPrivileges(account: Account, identities: Identities = process as unknown as Identities): void {
  const { uid, gid, name, groupChosen } = account;
  if (name === undefined || groupChosen) identities.setgroups([gid]);
  else identities.initgroups(name, gid);
  identities.setgid(gid);
  identities.setuid(uid);
  prove(account, identities);
}

function prove({ uid, gid }: Account, identities: Identities): void {
  const back = (step: () => void): boolean => {
    try {
      step();
      return true;
    } catch {
      return false;
    }
  };
  if (back(() => identities.setuid(0))) throw new StartError('gave up root, and could become root again: not serving');
  if (back(() => identities.setgid(0)))
    throw new StartError('gave up root, and could enter its group again: not serving');
  const is = [identities.getuid(), identities.geteuid(), identities.getgid(), identities.getegid()];
  if (is.join() !== [uid, uid, gid, gid].join())
    throw new StartError(`asked to be ${uid}:${gid}, and is ${is.join(':')}: not serving`);
  if (identities.getgroups().includes(0)) throw new StartError("still in root's group: not serving");
}
