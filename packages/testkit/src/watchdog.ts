/**
 * Ends programs and removes directories when this process is gone, however it went. A test runner kills its workers, and
 * then no exit handler runs; but the pipe to a child process closes, and that is what the watchdog waits for.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

// Reads "+ KIND VALUE" and "- KIND VALUE" to the end of its input, then deals with what is left on the list.
const SCRIPT = `
groups='' directories=''
drop() { kept=''; for one in $1; do [ "$one" = "$2" ] || kept="$kept $one"; done; }
while read -r sign kind value; do
  case "$sign$kind" in
    +group) groups="$groups $value" ;;
    -group) drop "$groups" "$value"; groups=$kept ;;
    +directory) directories="$directories $value" ;;
    -directory) drop "$directories" "$value"; directories=$kept ;;
  esac
done
for one in $groups; do kill -KILL "-$one" 2>/dev/null; done
for one in $directories; do rm -rf "$one"; done
`;

export type Charge = 'group' | 'directory';

let watchdog: ChildProcess | undefined;

/** From now on it goes when this process goes. A directory's path must hold no blanks: mkdtemp makes none. */
export const watch = (kind: Charge, value: string | number): void => tell('+', kind, value);

/** It has gone already. */
export const unwatch = (kind: Charge, value: string | number): void => tell('-', kind, value);

function tell(sign: '+' | '-', kind: Charge, value: string | number): void {
  watchdog ??= start();
  watchdog.stdin?.write(`${sign} ${kind} ${value}\n`);
}

function start(): ChildProcess {
  // A group of its own: what is meant for this process must not reach it.
  const child = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  // It is no reason to stay alive.
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return child;
}
