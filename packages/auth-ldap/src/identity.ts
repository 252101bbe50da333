/** From an entry's attributes to an identity. */
import type { Identity } from '@postern/core';
import type { Entry } from 'ldapts';
import type { LdapSettings } from './options.js';

type Names = LdapSettings['attributes'];

/** The attributes to ask for; empty if none is wanted. */
export const wantedAttributes = (names: Names): string[] => {
  const { addresses, ...single } = names;
  return [...new Set([...addresses, ...Object.values(single).filter((name) => name !== undefined)])];
};

/** An attribute that is absent or unreadable tells nothing. */
export function identityOf(entry: Entry, names: Names, login: string): Identity {
  const all = (name: string | undefined): string[] => (name === undefined ? [] : valuesOf(entry, name));
  const first = (name: string | undefined): string | undefined => all(name)[0];
  const number = (name: string | undefined): number | undefined => {
    const value = first(name);
    return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  };
  const uid = number(names.uid);
  const gid = number(names.gid);
  const home = first(names.home);
  const messageSize = number(names.messageSize);
  const recipients = number(names.recipients);
  const limits = {
    ...(messageSize === undefined ? {} : { messageSize }),
    ...(recipients === undefined || recipients === 0 ? {} : { recipients }),
  };
  const named = first(names.login);
  return {
    // It goes into logs and into the message.
    // eslint-disable-next-line no-control-regex
    login: named === undefined || named === '' || /[\x00-\x1f\x7f]/.test(named) ? login : named,
    ...(names.addresses.length === 0 ? {} : { addresses: names.addresses.flatMap(all) }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(home?.startsWith('/') === true ? { home } : {}),
  };
}

/** Attribute names have no case, and the server writes them as its schema does. */
function valuesOf(entry: Entry, name: string): string[] {
  const found = Object.entries(entry).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? [];
  const values: readonly (string | Buffer)[] = Array.isArray(found) ? found : [found];
  return values.map((value) => value.toString('utf8'));
}
