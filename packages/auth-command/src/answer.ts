/**
 * What an accepting program says on its standard output about the user: `name=value`, one a line, or each ended by NUL as
 * `env -0` does it. Names have no case; what is not known is ignored.
 */
import type { Identity } from '@postern/core';

/** @throws Error if a name that is known has a value that cannot be used: better nobody than somebody else */
export function readIdentity(output: Buffer, login: string): Identity {
  const text = output.toString('utf8');
  const pairs = text.includes('\0') ? text.split('\0') : text.split(/\r?\n/);
  let named = login;
  let addresses: string[] | undefined;
  const numbers = new Map<string, number>();
  let home: string | undefined;
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) continue;
    const name = pair.slice(0, equals).toLowerCase().replaceAll('-', '_');
    const value = pair.slice(equals + 1);
    switch (name) {
      case 'login':
      case 'user':
        // It goes into logs and into the message.
        // eslint-disable-next-line no-control-regex
        if (value === '' || /[\x00-\x1f\x7f]/.test(value)) throw new Error(`unusable ${name}`);
        named = value;
        break;
      case 'address':
        // `address=` alone: none at all.
        addresses = [...(addresses ?? []), ...(value === '' ? [] : [value])];
        break;
      case 'home':
        if (!value.startsWith('/')) throw new Error('unusable home');
        home = value;
        break;
      case 'uid':
      case 'gid':
      case 'message_size':
      case 'recipients':
        if (!/^\d{1,15}$/.test(value)) throw new Error(`unusable ${name}`);
        numbers.set(name, Number(value));
    }
  }
  const uid = numbers.get('uid');
  const gid = numbers.get('gid');
  const messageSize = numbers.get('message_size');
  const recipients = numbers.get('recipients');
  const limits = {
    ...(messageSize === undefined ? {} : { messageSize }),
    ...(recipients === undefined ? {} : { recipients }),
  };
  return {
    login: named,
    ...(addresses === undefined ? {} : { addresses }),
    ...(messageSize === undefined && recipients === undefined ? {} : { limits }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(home === undefined ? {} : { home }),
  };
}
