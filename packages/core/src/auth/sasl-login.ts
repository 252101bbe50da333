/**
 * LOGIN: two prompts, or the login as initial response (`AUTH LOGIN <user>` is what .NET, Veeam and Python send).
 * Never standardised: draft-murchison-sasl-login-00. Clients compare the prompts byte for byte.
 */
import { Secret } from '../base/secret.js';
import { decodeLogin, isUsableLogin, isUsablePassword } from './sasl.js';
import type { SaslMachine } from './sasl.js';

export function saslLogin(): SaslMachine {
  let login: string | undefined;
  let asked = false;
  return {
    step(response) {
      if (response === undefined) {
        asked = true;
        return { step: 'challenge', challenge: 'Username:' };
      }
      // An initial response of "=" is an empty one: ask for the login all the same.
      if (login === undefined && !asked && response.length === 0) {
        asked = true;
        return { step: 'challenge', challenge: 'Username:' };
      }
      if (login === undefined) {
        login = decodeLogin(response);
        return login === undefined ? { step: 'malformed' } : { step: 'challenge', challenge: 'Password:' };
      }
      const password = Buffer.from(response);
      response.fill(0);
      if (!isUsableLogin(login) || !isUsablePassword(password)) return { step: 'refused', login };
      return {
        step: 'credentials',
        credentials: { kind: 'password', mechanism: 'LOGIN', login, password: Secret.of(password) },
      };
    },
  };
}
