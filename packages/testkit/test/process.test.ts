import { existsSync, statSync, utimesSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  fakeProgram,
  freePort,
  pause,
  readMaildir,
  runProgram,
  startProgram,
  tempDir,
  unfinishedDeliveries,
  waitFor,
} from '../src/index.js';

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('programs', () => {
  it('run to their end', async () => {
    const cat = fakeProgram('cat; echo done >&2; exit 3');
    expect(await runProgram(cat.path, { input: 'hello' })).toEqual({
      code: 3,
      signal: null,
      stdout: 'hello',
      stderr: 'done\n',
    });
    expect(await runProgram(fakeProgram('sleep 30').path, { timeoutMs: 50 })).toMatchObject({ signal: 'SIGKILL' });
    await expect(runProgram('/nonexistent/program')).rejects.toThrow('ENOENT');
  });

  it('are waited for by what they say', async () => {
    const program = await startProgram(fakeProgram('echo starting >&2; echo ready 25 >&2; exec sleep 30').path);
    expect(await program.line(/^ready/)).toBe('ready 25');
    await expect(program.line(/never/, { timeoutMs: 50 })).rejects.toThrow(
      '50 ms passed before a line matching /never/',
    );
    expect(await program.stop()).toMatchObject({ signal: 'SIGTERM' });
    await expect(program.line(/never/)).rejects.toThrow('ended before');
  });

  it('leave nothing behind', async () => {
    const script = "trap '' TERM; sleep 30 & echo child $! >&2; wait; sleep 30";
    const program = await startProgram(fakeProgram(script).path);
    const child = Number((await program.line(/^child/)).slice(6));
    expect(await program.stop(50)).toMatchObject({ signal: 'SIGKILL' });
    await waitFor('the end of the grandchild', () => !alive(child));
    expect(alive(program.pid)).toBe(false);
  });
});

describe('places', () => {
  it('gives directories that others can look into, and removes them', () => {
    const dir = tempDir();
    expect(statSync(dir.path).mode & 0o777).toBe(0o755);
    expect(statSync(dir.write('a/b', 'x', 0o600)).mode & 0o777).toBe(0o600);
    dir.remove();
    expect(existsSync(dir.path)).toBe(false);
  });

  it('gives ports', async () => {
    expect(await freePort()).toBeGreaterThan(1023);
  });

  it('reads a Maildir', () => {
    const dir = tempDir();
    expect(readMaildir(dir.file('none'))).toEqual([]);
    dir.write('m/new/2', 'To: b@x,\n c@x\nX: 1\nto: d\n\nbody\n\nmore\n');
    dir.write('m/cur/1', '\nonly a body\n');
    dir.write('m/tmp/3', 'half');
    utimesSync(dir.file('m/cur/1'), 1, 1);
    const [first, second] = readMaildir(dir.file('m'));
    expect(first).toMatchObject({ folder: 'cur', header: '', body: 'only a body\n' });
    expect(second?.fields('To')).toEqual(['b@x, c@x', 'd']);
    expect(second?.body).toBe('body\n\nmore\n');
    expect(unfinishedDeliveries(dir.file('m'))).toEqual(['3']);
  });

  it('waits, and says what did not happen', async () => {
    let asked = 0;
    expect(await waitFor('the third time', () => ++asked === 3 && 'yes')).toBe('yes');
    await expect(waitFor('nothing', () => undefined, 30)).rejects.toThrow('nothing did not happen within 30 ms');
    await pause(1);
  });
});
