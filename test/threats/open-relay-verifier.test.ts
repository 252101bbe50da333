/** A verifier that lets a made-up user in makes an open relay of the server: it refuses to start. */
import { describe, expect, it } from 'vitest';
import { fakeCheckpassword, runPosternd, tempDir } from '@postern/testkit';
import { openGate, quoteList, writeConfig } from '../support/gate.js';

const refused = async (program: readonly string[], command: string[]) => {
  const dir = tempDir();
  const config = dir.write(
    'posternd.toml',
    await writeConfig(dir, { verifier: `use = "checkpassword"\nprogram = ${quoteList(program)}` }),
  );
  return { ...(await runPosternd([...command, '--config', config])), config };
};

describe('a verifier that accepts anybody', () => {
  it.each([[['/bin/true', 'true']], [['/bin/sh', '-c', 'exit 0']]])(
    '%s: neither check nor serve goes on',
    async (program) => {
      for (const command of ['check', 'serve']) {
        const result = await refused(program, [command]);
        expect(result.code).toBe(2);
        const said = result.stdout + result.stderr;
        expect(said).toMatch(/auth\.verifier\[0\]: found .*open relay/);
        if (command === 'serve') expect(said.trim().split('\n')).toHaveLength(1);
        expect(said).not.toContain('"event":"ready"');
      }
    },
  );

  it('is not one that knows its users', async () => {
    const program = fakeCheckpassword({ users: { alice: 'wonderland' } });
    const gate = await openGate({ verifier: `use = "checkpassword"\nprogram = ${quoteList([program.path, 'true'])}` });
    // The question was asked, with a user and a password that nobody can have.
    const [asked] = program.runs();
    expect(asked?.request.toString('latin1')).toMatch(/^[^\0]{8,}\0[^\0]{8,}\0[^\0]*\0$/);
    await gate.close();
    program.remove();
  });
});
