/** The embedded default: no configuration at all, and a message from a real client goes through. */
import { existsSync, readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { expect, it } from 'vitest';
import { readMaildir, runPosternd, startPosternd } from '@postern/testkit';

interface Trial {
  readonly directory: string;
  readonly maildir: string;
  readonly certificate: string;
  readonly login: string;
  readonly password: string;
}

it('serves what it made up, says how to try it, and leaves nothing behind', async () => {
  const daemon = await startPosternd({ command: ['serve', '--embedded', '--ports', '0,0', '--log', 'json'] });
  const ready = await daemon.logged('ready');
  const directory = String(ready['embedded']);
  const trial = JSON.parse(readFileSync(`${directory}/try.json`, 'utf8')) as Trial;
  for (const [index, secure] of [
    [0, false],
    [1, true],
  ] as const) {
    const transport = createTransport({
      host: '127.0.0.1',
      port: daemon.port(index),
      secure,
      requireTLS: true,
      auth: { user: trial.login, pass: trial.password },
      tls: { ca: readFileSync(trial.certificate), servername: 'localhost' },
    });
    await transport.sendMail({
      from: 'demo@localhost',
      to: 'friend@example.com',
      subject: `try ${index}`,
      text: 'hello',
    });
    transport.close();
  }
  expect(readMaildir(trial.maildir).flatMap((message) => message.fields('Subject'))).toEqual(['try 0', 'try 1']);
  const { code, stdout, stderr } = await daemon.stop();
  expect(code).toBe(0);
  expect(stdout).toContain(trial.password);
  expect(stderr).not.toContain(trial.password);
  expect(existsSync(directory)).toBe(false);
});

it('says its version', async () => {
  expect(await runPosternd(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^posternd \d+\.\d+\.\d+\n$/) as string,
  });
});
