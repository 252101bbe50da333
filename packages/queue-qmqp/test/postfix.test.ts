/** Against Postfix's qmqpd, in a throwaway instance without any delivery. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { queueContext } from '@postern/core/contract';
import { describePeer, freePort, runProgram, startProgram, tempDir, waitFor } from '@postern/testkit';
import type { RunningProgram, TempDir } from '@postern/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { qmqp } from '../src/index.js';
import { connect } from 'node:net';
import { envelope, HELLO, message } from './fixture.js';

const mainCf = (dir: TempDir, daemons: string): string => `
compatibility_level = 3.6
queue_directory = ${dir.file('spool')}
data_directory = ${dir.file('data')}
daemon_directory = ${daemons}
myhostname = mail.example.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
qmqpd_authorized_clients = 127.0.0.0/8
alias_maps =
local_recipient_maps =
disable_dns_lookups = yes
message_size_limit = 8000000
mailbox_size_limit = 0
# Nothing takes messages out of the queue: do not slow down for that.
in_flow_delay = 0
maillog_file = ${dir.file('postfix.log')}
maillog_file_prefixes = ${dirname(dir.path)}
`;

// pickup stands where the queue manager is expected, so that messages stay in "incoming".
const masterCf = (port: number): string => `
127.0.0.1:${port} inet n - n - - qmqpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
qmgr unix n - n - 1 pickup
proxymap unix - - n - - proxymap
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
postlog unix-dgram n - n - 1 postlogd
`;

// Its master wants to be root.
const suite = userInfo().uid === 0 ? describe : describe.skip;

suite('as root', () => {
  describePeer(describe, ['postfix', 'qmqpd'], 'Postfix qmqpd', (postfix, qmqpd) => {
    const dir = tempDir();
    let master: RunningProgram;
    let server: string;

    const incoming = (): string[] =>
      readdirSync(dir.file('spool/incoming')).map((name) => dir.file(`spool/incoming/${name}`));
    const postcat = (path: string): string =>
      execFileSync(join(dirname(postfix.path), 'postcat'), ['-c', dir.file('etc'), path]).toString('latin1');

    beforeAll(async () => {
      const daemons = dirname(qmqpd.path);
      const port = await freePort();
      dir.write('etc/main.cf', mainCf(dir, daemons));
      dir.write('etc/master.cf', masterCf(port));
      for (const name of ['spool', 'data']) mkdirSync(dir.file(name));
      const owner = Number(execFileSync('id', ['-u', 'postfix']).toString());
      chownSync(dir.file('data'), owner, statSync(dir.file('data')).gid);
      const check = await runProgram(postfix.path, { args: ['-c', dir.file('etc'), 'check'] });
      expect(check.code).toBe(0);
      // -d: does not leave the terminal, so that it can be stopped by its own process id.
      master = await startProgram(join(daemons, 'master'), { args: ['-c', dir.file('etc'), '-d'], keepInput: true });
      server = `127.0.0.1:${port}`;
      await waitFor('qmqpd', () => answers(port));
    });

    afterAll(async () => {
      await master.stop();
      dir.remove();
    });

    it('queues a message', async () => {
      const before = incoming();
      const recipients = ['bob@example.net', 'carol@example.net'];
      const result = await qmqp({ servers: [server] }).submit(envelope(recipients), message(HELLO), queueContext());
      expect(result.outcome).toBe('queued');
      const { id } = result as { id: string };
      expect(id).toMatch(/^queued as [0-9A-Za-z]+$/);
      const added = incoming().filter((path) => !before.includes(path));
      expect(added).toHaveLength(1);
      expect(added[0]).toContain(id.replace('queued as ', ''));
      const text = postcat(added[0]!);
      expect(text).toContain('sender: alice@example.com');
      for (const recipient of recipients) expect(text).toContain(`recipient: ${recipient}`);
      expect(text).toContain('\nSubject: one\n');
      expect(text).toContain('\n\nHello.\n');
    });

    it('queues 5 MB from a file', async () => {
      const before = incoming();
      const chunks = ['Subject: large\n\n', ...Array.from({ length: 64 }, () => `${'x'.repeat(75)}\n`.repeat(1024))];
      const queue = qmqp({ servers: [server], memory: 1000 });
      expect((await queue.submit(envelope(), message(...chunks), queueContext())).outcome).toBe('queued');
      const added = incoming().filter((path) => !before.includes(path));
      expect(readFileSync(added[0]!).length).toBeGreaterThan(4_900_000);
    });

    it('refuses what is too large, and says so', async () => {
      const before = incoming();
      const chunks = [
        'Subject: too large\n\n',
        ...Array.from({ length: 128 }, () => `${'x'.repeat(75)}\n`.repeat(1024)),
      ];
      const result = await qmqp({ servers: [server], memory: 1000 }).submit(
        envelope(),
        message(...chunks),
        queueContext(),
      );
      expect(result).toMatchObject({ outcome: 'refused' });
      expect((result as { text: string }).text).toMatch(/exceeds/);
      expect(incoming()).toEqual(before);
    });

    it('takes many at once', async () => {
      const before = incoming().length;
      const queue = qmqp({ servers: [server], concurrency: 8 });
      const results = await Promise.all(
        Array.from({ length: 30 }, () => queue.submit(envelope(), message(HELLO), queueContext())),
      );
      expect(results.map(({ outcome }) => outcome)).toEqual(results.map(() => 'queued'));
      expect(incoming().length).toBe(before + 30);
    });
  });
});

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
