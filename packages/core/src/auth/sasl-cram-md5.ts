/** CRAM-MD5 (RFC 2195): a challenge that is used once, and a keyed digest of it. */
import { decodeLogin, isUsableLogin } from './sasl.js';
import type { SaslMachine, SaslSetting } from './sasl.js';

const DIGEST = /^[0-9a-f]{32}$/;

export function saslCramMd5(setting: SaslSetting): SaslMachine {
  // RFC 2195 §2: the form of a Message-ID, new for every AUTH.
  const challenge = `<${setting.nonce()}.${Math.floor(setting.now() / 1000)}@${setting.hostname}>`;
  return {
    step(response) {
      if (response === undefined) return { step: 'challenge', challenge };
      const text = decodeLogin(response);
      const space = text?.lastIndexOf(' ') ?? -1;
      if (text === undefined || space < 0) return { step: 'malformed' };
      const login = text.slice(0, space);
      const digest = text.slice(space + 1).toLowerCase();
      if (!DIGEST.test(digest)) return { step: 'malformed' };
      if (!isUsableLogin(login)) return { step: 'refused', login };
      return {
        step: 'credentials',
        credentials: { kind: 'cram-md5', mechanism: 'CRAM-MD5', login, challenge, response: digest },
      };
    },
  };
}
