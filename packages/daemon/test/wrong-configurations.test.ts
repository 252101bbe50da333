/** bad-config: every wrong file is one line with file, key, what was found and what is allowed. */
import { describe, expect, it } from 'vitest';
import { buildConfiguration, ConfigurationError } from '../src/index.js';
import { parseToml } from '../src/config/toml.js';
import { tempDir } from '@postern/testkit';

const directory = tempDir('postern-config-');

/** A file that is right; each row changes it in one place. */
const RIGHT = `
hostname = "mail.example.com"
qmail = "./no-qmail"

[[listen]]
port = 587
tls = "starttls"

[[listen]]
port = 465
tls = "implicit"

[tls]
cert = "cert.pem"
key = "key.pem"

[auth]
mechanisms = ["PLAIN"]

[[auth.verifier]]
use = "file"
path = "users"

[queue]
use = "maildir"
path = "Maildir"
`;

function load(toml: string) {
  return buildConfiguration(parseToml(toml, 'posternd.toml'), {
    file: 'posternd.toml',
    directory: directory.path,
    environment: {},
  });
}

const without = (section: RegExp) => (text: string) => text.replace(section, '');
const plus = (more: string) => (text: string) => `${text}\n${more}`;
const first = (line: string) => (text: string) => `${line}\n${text}`;
const instead = (old: string, next: string) => (text: string) => {
  expect(text).toContain(old);
  return text.replace(old, next);
};

const WRONG: readonly [name: string, change: (text: string) => string, line: string][] = [
  [
    'a key nobody knows',
    first('hostnam = "x"'),
    'hostnam: found an unknown key; allowed: auth, engine, group, hostname, limits, listen, log, message, qmail, queue, senders, timeouts, tls, user, workers',
  ],
  [
    'a listener key nobody knows',
    instead('port = 587', 'port = 587\nrequire_tls = true'),
    'listen[0].require_tls: found an unknown key; allowed: address, name, port, proxy-from, require-login, require-tls, tls',
  ],
  [
    'a limit nobody knows',
    plus('[limits]\nmessagesize = 1'),
    'limits.messagesize: found an unknown key; allowed: connections, connections-per-address, errors, failed-login-window, failed-logins, failed-logins-per-address, failed-logins-per-login, failure-delay, message-size, messages, recipients, remember-logins, submissions, submissions-waiting, unauthenticated-connections, verifications, verifications-waiting, verify-time',
  ],
  ['an empty file', () => '', 'listen: found nothing; allowed: an array'],
  [
    'a listener that is a table',
    () => '[listen]\nport = 587\ntls = "none"',
    'listen: found {"port":587,"tls":"none"}; allowed: an array',
  ],
  [
    'a host name that is none',
    instead('mail.example.com', 'mail example'),
    'hostname: found "mail example"; allowed: a host name in ASCII, such as "mail.example.com"',
  ],
  [
    'a host name that would split the greeting',
    instead('"mail.example.com"', '"a\\r\\n250 b"'),
    'hostname: found "a\\r\\n250 b"; allowed: a host name in ASCII, such as "mail.example.com"',
  ],
  [
    'a host name that is a number',
    instead('"mail.example.com"', '5'),
    'hostname: found 5; allowed: a host name in ASCII, such as "mail.example.com"',
  ],
  ['a port in quotes', instead('port = 587', 'port = "587"'), 'listen[0].port: found "587"; allowed: a number'],
  ['a port out of range', instead('port = 465', 'port = 70000'), 'listen[1].port: found 70000; allowed: 65535 or less'],
  ['no port', instead('port = 587', ''), 'listen[0].port: found nothing; allowed: a number'],
  [
    'an unknown way of TLS',
    instead('"starttls"', '"STARTTLS"'),
    'listen[0].tls: found "STARTTLS"; allowed: "starttls", "implicit", "none"',
  ],
  [
    'no word about TLS',
    instead('tls = "starttls"', ''),
    'listen[0].tls: found nothing; allowed: "starttls", "implicit", "none"',
  ],
  [
    'the same listener twice',
    instead('port = 465', 'port = 587'),
    'listen[1].port: found :::587 a second time; allowed: every address and port once',
  ],
  [
    'passwords without TLS, not said loudly',
    instead('tls = "starttls"', 'tls = "none"'),
    'listen[0].tls: found "none" with require-tls = true; allowed: "starttls" or "implicit"; or require-tls = false for a listener behind a TLS proxy',
  ],
  [
    'TLS without a certificate',
    without(/\[tls\]\n.*\n.*\n/),
    'tls: found nothing; allowed: a [tls] section with cert and key, for listen[0]',
  ],
  ['a certificate without its key', instead('key = "key.pem"', ''), 'tls.key: found nothing; allowed: a string'],
  [
    'a second certificate without its key',
    plus('[[tls.certificate]]\ncert = "b.pem"'),
    'tls.certificate[0].key: found nothing; allowed: a string',
  ],
  [
    'an unknown TLS profile',
    instead('cert = "cert.pem"', 'cert = "cert.pem"\nprofile = "old"'),
    'tls.profile: found "old"; allowed: "modern", "legacy"',
  ],
  ['mechanisms as one word', instead('["PLAIN"]', '"PLAIN"'), 'auth.mechanisms: found "PLAIN"; allowed: an array'],
  ['no mechanism at all', instead('["PLAIN"]', '[]'), 'auth.mechanisms: found []; allowed: at least 1 in length'],
  [
    'nobody to ask',
    without(/\[\[auth.verifier\]\]\n.*\n.*\n/),
    'auth.verifier: found nothing; allowed: at least one [[auth.verifier]] section',
  ],
  ['a verifier without a name', instead('use = "file"', ''), 'auth.verifier[0].use: found nothing; allowed: a string'],
  [
    'a switch in words',
    instead('mechanisms = ["PLAIN"]', 'require-tls = "yes"'),
    'auth.require-tls: found "yes"; allowed: a boolean',
  ],
  [
    'no queue and no qmail',
    without(/\[queue\]\n.*\n.*\n/),
    `queue: found nothing; allowed: a [queue] section, or ${directory.path}/no-qmail/bin/qmail-queue`,
  ],
  ['a queue without a name', instead('use = "maildir"', ''), 'queue.use: found nothing; allowed: a string'],
  [
    'a time without a unit',
    plus('[timeouts]\ncommand = 300'),
    'timeouts.command: found 300; allowed: a time such as "500ms", "30s", "5m", "1h", at most "24d"',
  ],
  [
    'a time in words',
    plus('[timeouts]\ncommand = "5 minutes"'),
    'timeouts.command: found "5 minutes"; allowed: a time such as "500ms", "30s", "5m", "1h", at most "24d"',
  ],
  [
    'a time that no timer can keep',
    plus('[timeouts]\ncommand = "25d"'),
    'timeouts.command: found "25d"; allowed: a time such as "500ms", "30s", "5m", "1h", at most "24d"',
  ],
  [
    'a size that is none',
    plus('[limits]\nmessage-size = "25 megabytes"'),
    'limits.message-size: found "25 megabytes"; allowed: a number of octets, or a size such as "64KiB", "25MB"',
  ],
  [
    'a size below nothing',
    plus('[limits]\nmessage-size = -1'),
    'limits.message-size: found -1; allowed: a number of octets, or a size such as "64KiB", "25MB"',
  ],
  ['no recipients allowed', plus('[limits]\nrecipients = 0'), 'limits.recipients: found 0; allowed: 1 or more'],
  ['half a connection', plus('[limits]\nconnections = 0.5'), 'limits.connections: found 0.5; allowed: an int'],
  [
    'an unknown policy',
    plus('[senders]\npolicy = "anyone"'),
    'senders.policy: found "anyone"; allowed: "any", "known", "own"',
  ],
  ['an unknown log format', plus('[log]\nformat = "text"'), 'log.format: found "text"; allowed: "json", "pretty"'],
  [
    'an unknown log level',
    plus('[log]\nlevel = "verbose"'),
    'log.level: found "verbose"; allowed: "debug", "info", "warn", "error"',
  ],
  ['an unknown engine', first('engine = "turbo"'), 'engine: found "turbo"; allowed: "wire", "smtp-server"'],
  ['root by number', first('user = 0'), 'user: found 0; allowed: a name, or a number from 1'],
  [
    'an unknown policy for line ends',
    plus('[message]\nline-endings = "keep"'),
    'message.line-endings: found "keep"; allowed: "reject", "normalise"',
  ],
  [
    'a rewriting rule that is none',
    plus('[message]\nrewrite = ["a.example b.example"]'),
    'message.rewrite[0]: found "a.example b.example"; allowed: a rule such as "=here:mail.example.com"',
  ],
  ['TOML that is none', first('hostname = = "x"'), 'line 1, column 12: found invalid value; allowed: TOML (toml.io)'],
  [
    'a key twice',
    first('hostname = "a"'),
    'line 3, column 1: found trying to redefine an already defined table or value; allowed: TOML (toml.io)',
  ],
  [
    'a value that goes on and on',
    instead('"mail.example.com"', `"${'x'.repeat(300)}"`),
    `hostname: found "${'x'.repeat(56)}...; allowed: a host name in ASCII, such as "mail.example.com"`,
  ],
];

describe('a wrong configuration', () => {
  it('is not the one that the rows start from', () => {
    expect(load(RIGHT).hostname).toBe('mail.example.com');
  });

  it.each(WRONG)('%s', (_name, change, line) => {
    const error = fault(() => load(change(RIGHT)));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toBe(`posternd.toml: ${line}`);
    expect(error.message).not.toMatch(/\n/);
  });

  it('never shows a secret', () => {
    const error = fault(() => load(RIGHT.replace('"PLAIN"', '5').replace('[auth]', '[auth]\npassword = "hunter2"')));
    expect(error.message).not.toContain('hunter2');
  });
});

function fault(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
