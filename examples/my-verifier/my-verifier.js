// A verifier that asks a web service: POST {"login", "password"} and read {"accepted": true or false}.
import { isUtf8 } from 'node:buffer';
import { checkOptions, gate } from '@postern/core';
import { z } from 'zod';

// Options are checked once. What is wrong becomes one line with file, key, found and allowed.
const options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  token: z.string().min(1),
  deadline: z.int().min(1).default(10_000),
  concurrency: z.int().min(1).default(20),
  waiting: z.int().min(0).default(200),
});

const answer = z.object({
  accepted: z.boolean(),
  login: z.string().min(1).optional(),
  addresses: z.array(z.string()).optional(),
});

const REJECTED = { outcome: 'rejected' };
const unavailable = (cause) => ({ outcome: 'unavailable', cause });

// The daemon looks for a function of this name.
export function verifier(given) {
  const settings = checkOptions('my-verifier', options, given);
  const door = gate(settings);

  return {
    name: 'my-verifier',
    checks: new Set(['password']),
    async verify(credentials, context) {
      if (credentials.kind !== 'password') return unavailable('checks passwords only');
      const { login, password } = credentials;
      // JSON is text: other octets would become other ones, and might become the right ones.
      if (password.length === 0 || !isUtf8(password.bytes()) || !login.isWellFormed()) return REJECTED;
      const release = await door.enter(context.signal);
      if (release === undefined) return unavailable('too many logins at once');
      try {
        return await ask(settings, login, password, context);
      } catch (error) {
        // Only the kind of error: its text may hold what was sent.
        return unavailable(error instanceof Error ? error.name : 'no answer');
      } finally {
        release();
      }
    },
  };
}

async function ask(settings, login, password, context) {
  const response = await fetch(settings.url, {
    method: 'POST',
    redirect: 'error',
    headers: { authorization: `Bearer ${settings.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ login, password: password.text(), address: context.peer.address }),
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(settings.deadline)]),
  });
  // 401 may be about our token and 404 about a proxy: neither is a word about the user's password.
  if (response.status !== 200) return unavailable(`HTTP ${response.status}`);
  const user = answer.parse(await response.json());
  if (!user.accepted) return REJECTED;
  const { addresses } = user;
  return {
    outcome: 'accepted',
    identity: { login: user.login ?? login, ...(addresses === undefined ? {} : { addresses }) },
  };
}
