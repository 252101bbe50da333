// `npm test`: sets itself up on a fresh clone, runs every test, and closes with what was skipped for want of a peer and
// one line of counts. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { explain, root, setUp } from './setup.mjs';

try {
  await setUp();
} catch (error) {
  process.exit(explain(error));
}

const directory = mkdtempSync(path.join(tmpdir(), 'postern-test-'));
const report = path.join(directory, 'report.json');
const peers = path.join(directory, 'missing-peers.jsonl');
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
const run = spawnSync(
  process.execPath,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, POSTERN_PEER_RECORD: peers } },
);

if (existsSync(peers)) {
  const missing = new Map();
  for (const line of readFileSync(peers, 'utf8').split('\n').filter(Boolean)) {
    const { peer, package: from, test } = JSON.parse(line);
    const row = missing.get(peer) ?? { from, tests: new Set() };
    row.tests.add(test);
    missing.set(peer, row);
  }
  console.log('\nSkipped, because these programs are not installed here:');
  for (const [peer, { from, tests }] of missing) {
    console.log(`  ${peer.padEnd(20)} ${String(tests.size).padStart(3)} tests   apt-get install ${from}`);
  }
}

let failed = run.status === 0 ? 0 : 1;
if (existsSync(report)) {
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  // A file that cannot be loaded has no tests in it, and has failed all the same.
  const broken = counts.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  failed = Math.max(failed, counts.numFailedTests + broken);
  console.log(
    `\n${counts.numPassedTests} passed, ${failed} failed, ${counts.numPendingTests + counts.numTodoTests} skipped`,
  );
} else {
  console.log('\n0 passed, 1 failed, 0 skipped');
  failed = 1;
}
rmSync(directory, { recursive: true, force: true });
process.exitCode = failed === 0 ? 0 : 1;
