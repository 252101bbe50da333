/** What the figures were measured on. No names of hosts or people, no paths. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

export function machine() {
  let distribution = '';
  try {
    distribution = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
  } catch {
    // Not everywhere.
  }
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.cpus().length,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: [distribution, os.type(), os.release().replace(/-.*/, '')].filter((part) => part !== '').join(', '),
    node: process.version,
    openssl: process.versions.openssl,
  };
}
