import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkVerifier } from '../../packages/core/src/auth/verifier-shape.js';
import type { Verifier } from '@postern/core';
import { verifierContract } from '@postern/core/contract';
import { freePort } from '@postern/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from './support/question.js';

const example = new URL('../../examples/my-verifier/my-verifier.js', import.meta.url);
const page = readFileSync(new URL('../../docs/howto-write-a-verifier.md', import.meta.url), 'utf8');
const user = { login: 'alice', password: 'wonderland' };

const read = async (request: IncomingMessage): Promise<{ login: string; password: string }> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as { login: string; password: string };
};

describe('the verifier of docs/howto-write-a-verifier.md', () => {
  let server: Server;
  let silent: Server;
  let make: (options: unknown) => Verifier;
  const url = (path: string, of = server): string => `http://127.0.0.1:${(of.address() as AddressInfo).port}${path}`;
  const listening = (of: Server): Promise<Server> =>
    new Promise((resolve) => {
      of.listen(0, '127.0.0.1', () => resolve(of));
    });

  beforeAll(async () => {
    const module = (await import(example.href)) as { verifier: (options: unknown) => unknown };
    make = (options) => checkVerifier(module.verifier(options), 'my-verifier.js');
    server = await listening(
      createServer((request, response) => {
        void read(request).then(({ login, password }) => {
          const path = request.url ?? '';
          const status = Number(/^\/status\/(\d+)$/.exec(path)?.[1] ?? 200);
          const accepted = login === user.login && password === user.password;
          response.writeHead(request.headers.authorization === 'Bearer t' ? status : 401);
          response.end(
            path === '/nonsense' ? '<html>' : JSON.stringify({ accepted, addresses: ['alice@example.com'] }),
          );
        });
      }),
    );
    silent = await listening(createServer(() => undefined));
  });
  afterAll(() => {
    for (const one of [server, silent]) {
      one.closeAllConnections();
      one.close();
    }
  });

  it('is the file in examples, to the letter', () => {
    const blocks = [...page.matchAll(/^```js\n([^]*?)^```$/gm)].map((match) => match[1]);
    expect(blocks[0]).toBe(readFileSync(example, 'utf8'));
    expect(blocks[1]).toContain('verifierContract(test, {');
  });

  verifierContract(it, {
    create: () => ({ verifier: make({ url: url('/check'), token: 't' }) }),
    user,
    checks: ['password'],
    unavailable: async () => ({ verifier: make({ url: `http://127.0.0.1:${await freePort()}/`, token: 't' }) }),
    hanging: () => ({ verifier: make({ url: url('/', silent), token: 't' }) }),
  });

  it('hands on what it learned, and takes no other answer for a refusal', async () => {
    expect(await ask(make({ url: url('/check'), token: 't' }), user.login, user.password)).toEqual({
      outcome: 'accepted',
      identity: { login: 'alice', addresses: ['alice@example.com'] },
    });
    for (const options of [
      { url: url('/check'), token: 'wrong' },
      { url: url('/nonsense'), token: 't' },
      { url: url('/', silent), token: 't', deadline: 200 },
      ...[302, 401, 403, 404, 500, 503].map((status) => ({ url: url(`/status/${status}`), token: 't' })),
    ]) {
      const verdict = await ask(make(options), user.login, user.password);
      expect({ options, outcome: verdict.outcome }).toEqual({ options, outcome: 'unavailable' });
    }
  });

  it('says in one line which option is wrong', () => {
    expect(() => make({ url: 'ftp://example.com/', token: 't' })).toThrow(
      /^my-verifier: url: found "ftp:\/\/example\.com\/"; allowed: /,
    );
    expect(() => make({ url: 'http://example.com/' })).toThrow('my-verifier: token: found nothing; allowed: a string');
  });
});
