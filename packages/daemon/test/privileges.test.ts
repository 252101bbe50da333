/** Started as root: who serves, in which order root is given up, and that it cannot come back. */
import { ConfigurationError } from '../src/index.js';
import { servingAccount } from '../src/process/account.js';
import { dropPrivileges } from '../src/process/privileges.js';
import type { Identities } from '../src/process/privileges.js';
import { describe, expect, it } from 'vitest';

const file = 'posternd.toml';

describe('the account that serves', () => {
  it.each([
    [
      {},
      0,
      'user: found nothing, and the daemon was started as root; allowed: a user to serve as; posternd does not serve as root',
    ],
    [{ user: 'root' }, 0, 'user: found "root"; allowed: a user who is not root'],
    [{ user: 'no-such-user-here' }, 0, 'user: found "no-such-user-here"; allowed: a user of this machine'],
    [{ user: 'nobody', group: 'root' }, 0, 'group: found "root"; allowed: a group that is not root'],
    [
      { user: 'nobody', group: 'no-such-group-here' },
      0,
      'group: found "no-such-group-here"; allowed: a group of this machine',
    ],
    [
      { user: 'root' },
      1000,
      'user: found "root", but the daemon was started by another user, who is not root; allowed: the user who starts it, or no user at all',
    ],
  ])('%j for uid %i is refused', (wanted, uid, line) => {
    expect(() => servingAccount({ file, ...wanted }, uid)).toThrow(ConfigurationError);
    expect(() => servingAccount({ file, ...wanted }, uid)).toThrow(`${file}: ${line}`);
  });

  it('is found by name and by number', () => {
    const nobody = servingAccount({ file, user: 'nobody' }, 0);
    expect(nobody).toMatchObject({ name: 'nobody', groupChosen: false });
    const uid = nobody?.uid ?? 0;
    const gid = nobody?.gid ?? 0;
    expect(uid).toBeGreaterThan(0);
    expect(servingAccount({ file, user: uid }, 0)).toEqual({ uid, gid, groupChosen: false });
    expect(servingAccount({ file, user: 'nobody', group: 4_711 }, 0)).toEqual({
      uid,
      gid: 4_711,
      name: 'nobody',
      groupChosen: true,
    });
  });

  it('is nobody else if the daemon is not root', () => {
    expect(servingAccount({ file }, 1000)).toBeUndefined();
    expect(servingAccount({ file, user: 1000 }, 1000)).toBeUndefined();
  });
});

/** A process that keeps what is done to it; `keeps` is what goes wrong. */
function fakeProcess(keeps: { root?: boolean; group?: boolean; uid?: boolean; groups?: boolean } = {}) {
  const calls: string[] = [];
  const now = { uid: 0, gid: 0, groups: [0, 4] };
  const identities: Identities = {
    setgroups(groups) {
      calls.push(`setgroups ${groups.join()}`);
      if (keeps.groups !== true) now.groups = [...groups];
    },
    initgroups(user, group) {
      calls.push(`initgroups ${user} ${group}`);
      now.groups = [group, 7];
    },
    setgid(id) {
      calls.push(`setgid ${id}`);
      if (now.uid !== 0 && !(keeps.group === true && id === 0)) throw new Error('EPERM');
      now.gid = id;
    },
    setuid(id) {
      calls.push(`setuid ${id}`);
      if (now.uid !== 0 && keeps.root !== true) throw new Error('EPERM');
      if (keeps.uid !== true) now.uid = id;
    },
    getuid: () => now.uid,
    geteuid: () => now.uid,
    getgid: () => now.gid,
    getegid: () => now.gid,
    getgroups: () => now.groups,
  };
  return { calls, identities };
}

describe('giving up root', () => {
  it('takes groups, group and user in this order, and then tries to go back', () => {
    const { calls, identities } = fakeProcess();
    dropPrivileges({ uid: 99, gid: 98, groupChosen: false }, identities);
    expect(calls).toEqual(['setgroups 98', 'setgid 98', 'setuid 99', 'setuid 0', 'setgid 0']);
  });

  it('keeps the groups of an account with a name, unless a group was chosen', () => {
    const kept = fakeProcess();
    dropPrivileges({ uid: 99, gid: 98, name: 'postern', groupChosen: false }, kept.identities);
    expect(kept.calls[0]).toBe('initgroups postern 98');
    const chosen = fakeProcess();
    dropPrivileges({ uid: 99, gid: 98, name: 'postern', groupChosen: true }, chosen.identities);
    expect(chosen.calls[0]).toBe('setgroups 98');
  });

  it.each([
    [{ root: true }, 'gave up root, and could become root again: not serving'],
    [{ group: true }, 'gave up root, and could enter its group again: not serving'],
    [{ uid: true }, /could become root again/],
    [{ groups: true }, "still in root's group: not serving"],
  ])('is not believed: %j', (keeps, message) => {
    expect(() => dropPrivileges({ uid: 99, gid: 98, groupChosen: true }, fakeProcess(keeps).identities)).toThrow(
      message,
    );
  });
});
