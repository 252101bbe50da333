/** What a session asks a verifier, without a session. */
import { Secret } from '@postern/core';
import type { PasswordCredentials, Verdict, Verifier, VerifyContext } from '@postern/core';

export const context = (changes: Partial<VerifyContext> = {}): VerifyContext => ({
  sessionId: 'test-session',
  peer: { address: '127.0.0.1', port: 40_000 },
  local: { address: '127.0.0.1', port: 587 },
  listener: 'test',
  tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: '' },
  mechanism: 'PLAIN',
  signal: new AbortController().signal,
  ...changes,
});

export const shown = (login: string, password: string | Buffer): PasswordCredentials => ({
  kind: 'password',
  mechanism: 'PLAIN',
  login,
  password: Secret.of(password),
});

export const ask = (
  verifier: Verifier,
  login: string,
  password: string | Buffer,
  with_?: VerifyContext,
): Promise<Verdict> => verifier.verify(shown(login, password), with_ ?? context());

/** Logins that mean something to somebody: quotes, and the metacharacters of IMAP, POP3, LDAP, the shell and Dovecot. */
export const hostileLogins: readonly string[] = [
  'a"b',
  'a\\b',
  '"',
  '\\',
  'alice"',
  '{5}',
  '{5+}',
  'alice (x)',
  'alice {3}',
  '%*',
  '*',
  'al*',
  'alice)(uid=*',
  '*)(uid=alice',
  'alice))(|(uid=*',
  'alice,ou=people',
  'alice+cn=x',
  'uid=alice',
  '\\2a',
  '#alice',
  ' alice',
  'alice ',
  'alice secret',
  '-v',
  '--help',
  '$(id)',
  '`id`',
  "a'b",
  'alice;id',
  '../alice',
  'alice:secret',
  'ünïcödé',
  '用户',
  'x'.repeat(4096),
  '"'.repeat(600),
  'alice/admin',
  'alice*admin',
  '<alice>',
  'Some of the requested messages no longer exist',
];

/** Those that could end a line, a field or a string. None of them ever reaches a verifier from a session. */
export const brokenLogins: readonly string[] = [
  'alice\0',
  '\0',
  'alice\r\nNOOP',
  'alice\n',
  'alice\tsecret',
  'a\x01tb',
  'alice\x7f',
];
