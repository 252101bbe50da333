/** PLAIN: `[authzid] NUL authcid NUL passwd` in one response (RFC 4616). */
import { Secret } from '../base/secret.js';
import { decodeLogin, isUsableLogin, isUsablePassword } from './sasl.js';
import type { SaslMachine, SaslSetting, SaslStep } from './sasl.js';

export function saslPlain(setting: SaslSetting): SaslMachine {
  return {
    step(response) {
      // RFC 4954 §4: without an initial response the challenge is empty.
      if (response === undefined) return { step: 'challenge', challenge: '' };
      return readPlain(response, setting.authzidAsLogin);
    },
  };
}

function readPlain(response: Buffer, authzidAsLogin: boolean): SaslStep {
  const first = response.indexOf(0);
  const second = first < 0 ? -1 : response.indexOf(0, first + 1);
  if (second < 0 || response.indexOf(0, second + 1) >= 0) return { step: 'malformed' };
  const authzid = decodeLogin(response.subarray(0, first));
  const authcid = decodeLogin(response.subarray(first + 1, second));
  if (authzid === undefined || authcid === undefined) return { step: 'malformed' };
  const login = authcid === '' && authzidAsLogin ? authzid : authcid;
  const password = Buffer.from(response.subarray(second + 1));
  response.fill(0);
  // Acting for somebody else is not something a submission server does.
  const actsAsItself = authzid === '' || authzid === login;
  if (!actsAsItself || !isUsableLogin(login) || !isUsablePassword(password)) return { step: 'refused', login };
  return {
    step: 'credentials',
    credentials: { kind: 'password', mechanism: 'PLAIN', login, password: Secret.of(password) },
  };
}
