/** `posternd session`: one session on descriptors 0 and 1, on pipes and behind Debian's tcpserver. */
import { describe, expect, it } from 'vitest';
import {
  connectSmtp,
  freePort,
  needPeer,
  posterndPath,
  readMaildir,
  runPosternd,
  startProgram,
  tempDir,
} from '@postern/testkit';
import { giveAway, pass, user, writeConfig } from '../support/gate.js';
import type { GateOptions } from '../support/gate.js';

const credentials = Buffer.from(`\0${user}\0${pass}`).toString('base64');

async function prepare(options: GateOptions = {}) {
  const dir = tempDir('postern-session-');
  const config = dir.write('posternd.toml', await writeConfig(dir, options));
  giveAway(config);
  return { dir, config };
}

describe('posternd session', () => {
  it('serves whoever is on standard input, and says who it was', async () => {
    const { dir, config } = await prepare({ auth: 'require-tls = false' });
    const result = await runPosternd(['session', '--config', config], {
      env: {
        PROTO: 'TCP',
        TCPREMOTEIP: '192.0.2.9',
        TCPREMOTEPORT: '4711',
        TCPLOCALIP: '192.0.2.1',
        TCPLOCALPORT: '587',
      },
      input: [
        'EHLO client.example',
        `AUTH PLAIN ${credentials}`,
        `MAIL FROM:<${user}>`,
        'RCPT TO:<bob@example.net>',
        'DATA',
        'Subject: on a pipe\r\n\r\nbody\r\n.',
        'QUIT\r\n',
      ].join('\r\n'),
    });
    expect(result.code).toBe(0);
    expect(result.stdout.match(/^\d{3} /gm)).toEqual(['220 ', '250 ', '235 ', '250 ', '250 ', '354 ', '250 ', '221 ']);
    const [message] = readMaildir(dir.file('Maildir'));
    expect(message?.body).toBe('body\n');
    expect(message?.fields('Received')[0]).toContain('192.0.2.9');
    expect(result.stderr).toContain('"client":"192.0.2.9"');
  });

  it('lets whoever has RELAYCLIENT send without a login, up to DATABYTES', async () => {
    const { dir, config } = await prepare({ auth: 'require-tls = false' });
    const send = (subject: string, env: Record<string, string>) =>
      runPosternd(['session', '--config', config], {
        env: { PROTO: 'TCP', TCPREMOTEIP: '192.0.2.9', ...env },
        input: `EHLO x\r\nMAIL FROM:<${user}>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: ${subject}\r\n\r\n${'x'.repeat(400)}\r\n.\r\nQUIT\r\n`,
      });
    expect((await send('stranger', {})).stdout).toContain('530 5.7.0');
    expect((await send('relayed', { RELAYCLIENT: '' })).stdout).toContain('250 2.0.0 ok');
    expect((await send('too big', { RELAYCLIENT: '', DATABYTES: '100' })).stdout).toContain('552 5.3.4');
    expect(readMaildir(dir.file('Maildir')).flatMap((message) => message.fields('Subject'))).toEqual(['relayed']);
  });

  it('does STARTTLS behind tcpserver', async (test) => {
    const tcpserver = needPeer(test, 'tcpserver');
    const { dir, config } = await prepare();
    const port = await freePort();
    const server = await startProgram(tcpserver.path, {
      args: [
        '-v',
        '-R',
        '-H',
        '-l',
        'localhost',
        '127.0.0.1',
        String(port),
        process.execPath,
        posterndPath,
        'session',
        '--config',
        config,
      ],
    });
    await server.line(/tcpserver: status/);
    const client = await connectSmtp({ port, timeoutMs: 20_000 });
    expect((await client.reply()).code).toBe(220);
    expect((await client.ehlo()).has('AUTH')).toBe(false);
    await client.startTls();
    expect((await client.ehlo()).has('AUTH')).toBe(true);
    expect((await client.login(user, pass)).code).toBe(235);
    expect((await client.deliver(user, ['bob@example.net'], 'Subject: tcpserver\n\nx\n')).code).toBe(250);
    expect((await client.quit()).code).toBe(221);
    await server.stop();
    const [message] = readMaildir(dir.file('Maildir'));
    expect(message?.fields('Received')[0]).toMatch(/127\.0\.0\.1.*ESMTPSA/);
    expect(server.stderr()).toMatch(/"event":"authentication","outcome":"accepted","client":"127\.0\.0\.1"/);
  });
});
