/** Plays every dialog of test/dialogs over every engine. Their syntax is in packages/testkit/src/dialog-parser.ts. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playDialog, readDialog } from '@postern/testkit';
import { listeners, openGate, variables } from './support/gate.js';
import type { Gate, Listener } from './support/gate.js';

const folder = fileURLToPath(new URL('./dialogs/', import.meta.url));
const dialogs = readdirSync(folder).filter((name) => name.endsWith('.dlg'));

const ENGINES: readonly string[] = ['wire', 'smtp-server'];

/** What an engine cannot do, and why. Nothing is left out without a reason. */
const EXCEPTIONS: readonly { dialog: string; engine: string; reason: string }[] = [
  {
    dialog: 'bdat.dlg',
    engine: 'smtp-server',
    reason: 'the package reads lines and dot-ended data only, so CHUNKING is not offered',
  },
];

describe.each(ENGINES)('dialogs over the engine %s', (engine) => {
  let gate: Gate;
  beforeAll(async () => {
    gate = await openGate({ engine, limits: { 'message-size': 65_536, recipients: 10 } });
  });
  afterAll(() => gate.close());

  for (const name of dialogs) {
    const exception = EXCEPTIONS.find((one) => one.dialog === name && one.engine === engine);
    it(basename(name, '.dlg'), async (test) => {
      if (exception !== undefined) test.skip(exception.reason);
      const dialog = readDialog(folder + name);
      const listener = dialog.settings.get('listener') as Listener;
      expect(listeners, `${name}: @ listener`).toContain(listener);
      const before = gate.messages().length;
      await playDialog(dialog, { ...gate.target(listener), variables });
      // Whatever was answered 250 after the final dot is in the queue, and nothing else is.
      expect(gate.messages().length - before).toBe(Number(dialog.settings.get('queued') ?? 0));
    });
  }
});

it('has no exception for a dialog that is gone', () => {
  expect(EXCEPTIONS.map((one) => one.dialog).filter((name) => !dialogs.includes(name))).toEqual([]);
});
