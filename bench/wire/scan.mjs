/** The data scanner alone, in this process: octets of DATA in, octets of a message out. */
import { median } from './report.mjs';

const CHUNK = 64 * 1024;
const KINDS = {
  'normal text': `${'The quick brown fox jumps over the lazy dog, and then goes home to sleep'}\r\n`,
  'all dots': `${'.'.repeat(72)}\r\n`,
  'all dots, short': '....\r\n',
  'dot-stuffed': `..${'x'.repeat(60)}\r\n`,
  base64: `${'QUJD'.repeat(19)}\r\n`,
  'one long line': 'x'.repeat(4096),
};

export async function measureScan(core) {
  const { DataScanner } = await import(core);
  const results = [];
  for (const [kind, line] of Object.entries(KINDS)) {
    const source = Buffer.from(line.repeat(Math.ceil(CHUNK / line.length)).slice(0, CHUNK), 'latin1');
    const runs = Array.from({ length: 7 }, () => run(new DataScanner('reject'), source));
    results.push({ kind, megabytes: median(runs.slice(1)) });
  }
  return results;
}

/** The scanner writes into its input, so every chunk is copied in first, and that is counted as well. */
function run(scanner, source) {
  const input = Buffer.allocUnsafe(source.length);
  const rounds = 1500;
  const began = performance.now();
  for (let i = 0; i < rounds; i++) {
    source.copy(input);
    scanner.push(input);
  }
  if (scanner.ended) throw new Error('the data must not end here');
  return (rounds * source.length) / 1000 / (performance.now() - began);
}
