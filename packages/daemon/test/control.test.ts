/** Who wins: the file, the QMAIL* variables, the control files, the default. */
import { rewriteFrom } from '@postern/core';
import { tempDir } from '@postern/testkit';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { buildConfiguration, ConfigurationError, readControlFiles } from '../src/index.js';

/** A qmail with these control files. */
function qmail(files: Readonly<Record<string, string>>) {
  const dir = tempDir('postern-qmail-');
  dir.write('bin/qmail-queue', '#!/bin/sh\n', 0o755);
  for (const [name, text] of Object.entries(files)) dir.write(`control/${name}`, text);
  return dir;
}

interface Extra {
  readonly file?: Record<string, unknown>;
  readonly environment?: Record<string, string>;
}

function configure(home: string, { file = {}, environment = {} }: Extra = {}) {
  return buildConfiguration(
    {
      qmail: home,
      listen: [{ port: 0, tls: 'none', 'require-tls': false }],
      auth: { verifier: [{ use: 'file', path: 'users' }] },
      ...file,
    },
    { file: 'posternd.toml', directory: home, environment },
  );
}

/** What the rules make of an address. */
function completed(configuration: ReturnType<typeof configure>, host: string): string {
  if (configuration.rewriting === undefined) return 'no rules';
  return rewriteFrom(configuration.rewriting.sources).rewrite({ localPart: 'bob', domain: host }).domain;
}

describe('control files', () => {
  it('are read as qmail reads them: one line, blanks at the end cut', () => {
    const dir = qmail({ me: 'mail.example.com \t\nsecond line\n', databytes: '1000000\n', rewrite: '=a:b\n?c:d\n' });
    expect(readControlFiles(dir.path)).toEqual({
      me: 'mail.example.com',
      databytes: 1_000_000,
      rewrite: '=a:b\n?c:d\n',
    });
  });

  it('may all be absent, and the directory too', () => {
    expect(readControlFiles('/nonexistent/qmail')).toEqual({});
  });

  it('say what is wrong with databytes', () => {
    const dir = qmail({ databytes: '1M\n' });
    expect(() => readControlFiles(dir.path)).toThrow(
      new ConfigurationError(`${dir.path}/control/databytes`, 'line 1', '"1M"', 'a number of octets, 0 for no limit'),
    );
  });
});

describe('the host name', () => {
  it('is the one in the file, else control/me, else what the machine is called', () => {
    const dir = qmail({ me: 'me.example.com\n' });
    expect(configure(dir.path, { file: { hostname: 'file.example.com' } }).hostname).toBe('file.example.com');
    expect(configure(dir.path).hostname).toBe('me.example.com');
    expect(configure(qmail({}).path).hostname).toBe(hostname());
  });
});

describe('the size limit', () => {
  it('is the one in the file, else control/databytes', () => {
    const dir = qmail({ databytes: '5000\n' });
    expect(configure(dir.path).limits).toEqual({ messageSize: 5_000 });
    expect(configure(dir.path, { file: { limits: { 'message-size': '1MB' } } }).limits).toEqual({
      messageSize: 1_000_000,
    });
    expect(configure(qmail({}).path).limits).toEqual({});
  });
});

describe('the default host', () => {
  const files = { me: 'me.example', defaulthost: 'control.example', defaultdomain: 'domain.example' };

  it.each([
    [
      'the file',
      { file: { message: { 'default-host': 'file.example' } }, environment: { QMAILDEFAULTHOST: 'env.example' } },
      'file.example',
    ],
    ['the environment', { environment: { QMAILDEFAULTHOST: 'env.example' } }, 'env.example'],
    ['the control file', {}, 'control.example'],
  ])('comes from %s', (_name, extra, host) => expect(completed(configure(qmail(files).path, extra), '')).toBe(host));

  it('comes from control/me if nothing else is said', () => {
    expect(completed(configure(qmail({ me: 'me.example\n' }).path), '')).toBe('me.example');
    expect(completed(configure(qmail({ me: 'me.example\n' }).path), 'cs')).toBe('cs.me.example');
  });

  it('comes from rules in the file before control/rewrite', () => {
    const dir = qmail({ ...files, rewrite: '=:control-rule.example\n' });
    expect(completed(configure(dir.path), '')).toBe('control-rule.example');
    expect(completed(configure(dir.path, { file: { message: { rewrite: ['=:file-rule.example'] } } }), '')).toBe(
      'file-rule.example',
    );
  });

  it('needs no rules where there is no qmail and nobody says anything', () => {
    expect(completed(configure(qmail({}).path), '')).toBe('no rules');
  });
});

describe('the queue', () => {
  it("is qmail's own if the file names none", () => {
    const dir = qmail({});
    expect(configure(dir.path).queue).toMatchObject({
      use: 'qmail-queue',
      options: { program: `${dir.path}/bin/qmail-queue`, qmail: dir.path },
    });
  });

  it('is $QMAILQUEUE if that is set and the file names no program', () => {
    const dir = qmail({});
    const environment = { QMAILQUEUE: '/opt/scan', QQERRMSG_31: 'not here', HOME: '/root' };
    expect(configure(dir.path, { environment, file: { queue: { use: 'qmail-queue' } } }).queue.options).toEqual({
      program: '/opt/scan',
      qmail: dir.path,
      env: { QQERRMSG_31: 'not here' },
    });
    const file = { queue: { use: 'qmail-queue', program: '/opt/other', deadline: '10m' } };
    expect(configure(dir.path, { environment, file }).queue.options).toMatchObject({
      program: '/opt/other',
      deadline: 600_000,
    });
  });
});

describe('paths', () => {
  it('start at the file', () => {
    const dir = qmail({});
    const configuration = configure(dir.path, {
      file: {
        listen: [{ port: 0, tls: 'starttls' }],
        tls: { cert: 'a.pem', key: '/etc/a.key', certificate: [{ cert: 'b.pem', key: 'b.key' }] },
        auth: {
          verifier: [
            { use: 'file', path: 'users' },
            { use: 'checkpassword', program: ['./check', './as-it-is'] },
          ],
        },
      },
    });
    expect(configuration.tls?.pairs).toEqual([
      { cert: `${dir.path}/a.pem`, key: '/etc/a.key', at: 'tls' },
      { cert: `${dir.path}/b.pem`, key: `${dir.path}/b.key`, at: 'tls.certificate[0]' },
    ]);
    expect(configuration.auth.verifiers.map((verifier) => verifier.options)).toEqual([
      { path: `${dir.path}/users` },
      { program: [`${dir.path}/check`, './as-it-is'] },
    ]);
  });
});

describe('options of a package', () => {
  const optionsOf = (options: Record<string, unknown>) =>
    configure(qmail({}).path, { file: { auth: { verifier: [{ use: 'x', ...options }] } } }).auth.verifiers[0]?.options;

  it('become camelCase, and times milliseconds', () => {
    expect(optionsOf({ 'connect-time': '5s', deadline: 1_000, 'field-order': 'a-b' })).toEqual({
      connectTime: 5_000,
      deadline: 1_000,
      fieldOrder: 'a-b',
    });
  });

  it('keep tables of data as they are', () => {
    const hosts = { 'my-host.example': 'other-host', '192.0.2.1': '5s' };
    expect(optionsOf({ hosts, env: { 'A-b': '1s' } })).toEqual({ hosts, env: { 'A-b': '1s' } });
  });
});
