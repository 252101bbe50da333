/** Started as root: it binds, reads keys, becomes somebody else for good, and never serves as root. */
import { describe, expect, it } from 'vitest';
import { fakeQmailQueue, runPosternd, tempDir } from '@postern/testkit';
import { status } from '../support/proc.js';
import { isRoot, nobody, openGate, quote, user, writeConfig } from '../support/gate.js';

describe.runIf(isRoot)('started as root', () => {
  it('serves as somebody else, with no way back', async () => {
    const gate = await openGate();
    const facts = status(gate.daemon.pid);
    const four = (id: number): string[] => Array.from({ length: 4 }, () => String(id));
    expect(facts.get('Uid')).toEqual(four(nobody.uid));
    expect(facts.get('Gid')).toEqual(four(nobody.gid));
    expect(facts.get('Groups')).not.toContain('0');
    expect(facts.get('CapEff')).toEqual(['0000000000000000']);
    expect(facts.get('CapPrm')).toEqual(['0000000000000000']);
    await gate.close();
  });

  it('starts its programs as that user', async () => {
    const queue = fakeQmailQueue();
    const gate = await openGate({ queue: `use = "qmail-queue"\nprogram = ${quote(queue.path)}` });
    const client = await gate.login();
    expect((await client.deliver(user, ['bob@example.net'], 'Subject: x\n\nx\n')).code).toBe(250);
    expect(queue.queued()).toHaveLength(1);
    client.destroy();
    await gate.close();
    queue.remove();
  });

  it.each(['', 'user = "root"', 'user = "nobody"\ngroup = "root"'])('does not serve as root: %s', async (line) => {
    const dir = tempDir();
    const text = (await writeConfig(dir)).replace(`user = ${quote(nobody.name)}`, line);
    const result = await runPosternd(['serve', '--config', dir.write('posternd.toml', text)]);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/root/);
  });
});

describe.runIf(!isRoot)('started by an ordinary user', () => {
  it('serves as that user', async () => {
    const gate = await openGate();
    expect(status(gate.daemon.pid).get('Uid')?.[0]).toBe(String(process.getuid?.()));
    await gate.close();
  });
});
