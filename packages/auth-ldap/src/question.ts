/** How a directory is asked about one user, on a connection that stands. Throws what the connection throws. */
import type { Verdict } from '@postern/core';
import type { Entry } from 'ldapts';
import type { Directory } from './connection.js';
import { identityOf, wantedAttributes } from './identity.js';
import type { LdapSettings } from './options.js';
import { describeFailure, isRefusal, NO_SUCH_OBJECT, resultCode } from './outcome.js';
import { fillDn, fillFilter } from './template.js';

type Search = NonNullable<LdapSettings['search']>;

/** Options with what was read from files. */
export type Asking = Pick<LdapSettings, 'userDn' | 'search' | 'attributes'>;

const unavailable = (cause: string): Verdict => ({ outcome: 'unavailable', cause });

// RFC 4511 §4.1.11: asks for no attributes at all.
const NO_ATTRIBUTES = ['1.1'];

export function askDirectory(directory: Directory, asking: Asking, login: string, password: string): Promise<Verdict> {
  if (asking.search !== undefined) return bySearch(directory, asking.search, asking, login, password);
  return byDn(directory, fillDn(asking.userDn ?? '', login), asking, login, password);
}

async function byDn(
  directory: Directory,
  dn: string,
  asking: Asking,
  login: string,
  password: string,
): Promise<Verdict> {
  const refused = await bindAsUser(directory, dn, login, password);
  if (refused !== undefined) return refused;
  const attributes = wantedAttributes(asking.attributes);
  if (attributes.length === 0) return { outcome: 'accepted', identity: { login } };
  try {
    const { searchEntries } = await directory.client.search(dn, { scope: 'base', attributes });
    const entry = searchEntries[0];
    // Without its attributes the user would be somebody else: perhaps somebody who may send as anybody.
    if (entry === undefined) return unavailable('the user cannot read its own entry');
    return { outcome: 'accepted', identity: identityOf(entry, asking.attributes, login) };
  } catch (error) {
    if (resultCode(error) === undefined) throw error;
    return unavailable(describeFailure('reading the entry', error));
  }
}

async function bySearch(
  directory: Directory,
  search: Search,
  asking: Asking,
  login: string,
  password: string,
): Promise<Verdict> {
  let entries: Entry[];
  try {
    // RFC 4513 §5.1.1: anonymous, and on a kept connection no longer whoever was bound last.
    await directory.client.bind(search.bindDn ?? '', search.bindPassword ?? '');
    const wanted = wantedAttributes(asking.attributes);
    const { searchEntries } = await directory.client.search(search.base, {
      scope: search.scope,
      filter: fillFilter(search.filter, login),
      attributes: wanted.length === 0 ? NO_ATTRIBUTES : wanted,
      // One more than there should be.
      sizeLimit: 2,
    });
    entries = searchEntries;
  } catch (error) {
    const code = resultCode(error);
    if (code === undefined) throw error;
    if (code !== NO_SUCH_OBJECT) return unavailable(describeFailure('search', error));
    // The base itself is not there: nobody's wrong password.
    return unavailable(`search: ${JSON.stringify(search.base)} does not exist`);
  }
  const [entry, another] = entries;
  if (another !== undefined) return unavailable('more than one entry for this login');
  if (entry === undefined) return nobody(directory, search, login, password);
  // A bind without a name is an anonymous one, and succeeds (RFC 4513 §5.1.1).
  if (entry.dn === '') return unavailable('an entry without a name');
  const refused = await bindAsUser(directory, entry.dn, login, password);
  return refused ?? { outcome: 'accepted', identity: identityOf(entry, asking.attributes, login) };
}

/** A login that does not exist takes as many questions as one that does: how long it takes must not tell. */
async function nobody(directory: Directory, search: Search, login: string, password: string): Promise<Verdict> {
  const verdict = await bindAsUser(directory, `cn=nobody,${search.base}`, login, password);
  return verdict ?? unavailable('the server accepts what does not exist');
}

/** `undefined` if the server took the password. */
async function bindAsUser(
  directory: Directory,
  dn: string,
  login: string,
  password: string,
): Promise<Verdict | undefined> {
  try {
    await directory.client.bind(dn, password);
    return undefined;
  } catch (error) {
    const code = resultCode(error);
    if (code === undefined) throw error;
    return isRefusal(code, login) ? { outcome: 'rejected' } : unavailable(describeFailure('bind', error));
  }
}
