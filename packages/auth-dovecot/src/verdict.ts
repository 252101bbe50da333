/** From what Dovecot answered to a verdict. The rules that other servers get wrong are here. */
import type { Identity, Verdict } from '@postern/core';
import type { DovecotSettings } from './options.js';
import type { Fields } from './protocol.js';

// Dovecot forgets a request after 150 s, and answers what comes for it later with this and no code [seen with 2.3.19].
const FORGOTTEN = 'Authentication request timed out';

/**
 * `OK` is no acceptance yet: with `nologin` the account may not log in here, with `proxy` it is another server that
 * decides (Dovecot's own login processes act on both), and `anonymous` is nobody.
 */
export function verdictOfOk(fields: Fields, names: DovecotSettings['fields'], login: string): Verdict {
  if (fields.has('nologin') || fields.has('proxy') || fields.has('anonymous')) return { outcome: 'rejected' };
  const user = fields.get('user') ?? login;
  // It goes into logs and into the message.
  // eslint-disable-next-line no-control-regex
  if (user === '' || /[\x00-\x1f\x7f]/.test(user)) return { outcome: 'unavailable', cause: 'OK without a usable user' };
  return { outcome: 'accepted', identity: identityOf(user, fields, names) };
}

/** `temp` is how Dovecot before 2.3 said `code=temp_fail`. */
export function verdictOfFail(fields: Fields): Verdict {
  const temporary = fields.get('code') === 'temp_fail' || fields.has('temp') || fields.get('reason') === FORGOTTEN;
  if (!temporary) return { outcome: 'rejected' };
  return { outcome: 'unavailable', cause: fields.get('reason') ?? 'temporary failure' };
}

function identityOf(login: string, fields: Fields, names: DovecotSettings['fields']): Identity {
  const addresses = names.addresses === undefined ? undefined : fields.get(names.addresses);
  const uid = number(fields.get(names.uid));
  const gid = number(fields.get(names.gid));
  const home = fields.get(names.home);
  return {
    login,
    ...(addresses === undefined ? {} : { addresses: addresses.split(/[\s,]+/).filter((one) => one !== '') }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(home?.startsWith('/') === true ? { home } : {}),
  };
}

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
