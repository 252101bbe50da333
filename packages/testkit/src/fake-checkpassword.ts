/**
 * A checkpassword with chosen behaviour (cr.yp.to/checkpwd/interface.html): reads fd 3, answers by exit code, or runs the
 * program it was given. It keeps what it was given.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fakeProgram, shellOctets, shellWord } from './fake-program.js';

export interface CheckpasswordBehaviour {
  /** Login to password. */
  readonly users?: Readonly<Record<string, string>>;
  /** Exit code for anybody else. Default 1. */
  readonly rejected?: number;
  /** Ends with this code for everybody, after reading. */
  readonly exit?: number;
  /** Ends itself by this signal. */
  readonly signal?: string | number;
  /** `none`: does not read fd 3. Default `all`. */
  readonly read?: 'all' | 'none';
  /** Does not end, for at most 60 seconds; `ignore-term`: not even when asked to. */
  readonly hang?: 'yes' | 'ignore-term';
  /** Writes this many octets to standard output and as many to standard error before it answers. */
  readonly flood?: number;
  /** Leaves a process behind that holds all descriptors for this many seconds. */
  readonly grandchild?: number;
  /** Written to standard error before it answers. */
  readonly stderr?: string;
  /**
   * Checks CRAM-MD5 answers: which field of fd 3 holds the challenge and which the response. Plain logins still put the
   * password second and leave the third field empty.
   */
  readonly cram?: 'challenge-response' | 'response-challenge';
  /** Set for the next program, besides USER, HOME and SHELL. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One start of it. */
export interface CheckpasswordRun {
  readonly pid: number;
  /** Everything that was read from fd 3. */
  readonly request: Buffer;
  /** Its environment, `NAME=value` each. */
  readonly environment: readonly string[];
  readonly arguments: readonly string[];
}

export interface FakeCheckpassword {
  readonly path: string;
  /** What it does from its next start on. */
  behave(behaviour: CheckpasswordBehaviour): void;
  /** All starts, oldest first. */
  runs(): CheckpasswordRun[];
  remove(): void;
}

export function fakeCheckpassword(behaviour: CheckpasswordBehaviour = {}): FakeCheckpassword {
  const program = fakeProgram(script(behaviour), 'sh', 'checkpassword');
  chmodSync(program.dir.path, 0o1777);
  const read = (name: string): Buffer =>
    existsSync(program.dir.file(name)) ? readFileSync(program.dir.file(name)) : Buffer.alloc(0);
  return {
    path: program.path,
    behave: (next) => program.replace(script(next)),
    runs: () =>
      readdirSync(program.dir.path)
        .filter((name) => name.endsWith('.request'))
        .map((name) => ({ pid: Number.parseInt(name, 10), at: statSync(program.dir.file(name)).mtimeMs }))
        .sort((a, b) => a.at - b.at || a.pid - b.pid)
        .map(({ pid }) => ({
          pid,
          request: read(`${pid}.request`),
          environment: nulSeparated(read(`${pid}.environ`)),
          arguments: nulSeparated(read(`${pid}.cmdline`)).slice(2),
        })),
    remove: () => program.remove(),
  };
}

const nulSeparated = (bytes: Buffer): string[] => bytes.toString('latin1').split('\0').slice(0, -1);

function script(behaviour: CheckpasswordBehaviour): string {
  const { users = {}, rejected = 1, exit, signal, hang, flood, grandchild, stderr, cram } = behaviour;
  const lines = [
    'dir=${0%/*}',
    'cat "/proc/$$/environ" >"$dir/$$.environ" 2>/dev/null',
    'cat "/proc/$$/cmdline" >"$dir/$$.cmdline" 2>/dev/null',
  ];
  if (hang === 'ignore-term') lines.push("trap '' TERM");
  if (grandchild !== undefined) lines.push(`sleep ${grandchild} &`);
  lines.push(
    behaviour.read === 'none' ? ': >"$dir/$$.request"' : 'cat <&3 >"$dir/$$.request" || exit 111',
    'exec 3<&-',
  );
  if (flood !== undefined) {
    lines.push(`head -c ${flood} /dev/zero`, `head -c ${flood} /dev/zero >&2`);
  }
  if (stderr !== undefined) lines.push(`printf ${shellOctets(stderr)} >&2`);
  if (hang !== undefined) lines.push('exec sleep 60');
  if (signal !== undefined) lines.push(`kill -${signal} $$`, 'sleep 5');
  if (exit !== undefined) lines.push(`exit ${exit}`);
  lines.push(
    '[ $# -gt 0 ] || exit 2',
    // sh cannot hold NUL: the fields become lines. A line end in a field is thereby refused.
    `{ IFS= read -r login; IFS= read -r second; IFS= read -r third; } <<END\n$(tr '\\n\\0' '\\001\\n' <"$dir/$$.request")\nEND`,
    'case $login$second$third in *"$(printf \'\\001\')"*) exit 1;; esac',
    'ok=no known=no password=',
    ...Object.entries(users).map(
      ([login, password]) => `[ "$login" = ${shellWord(login)} ] && password=${shellWord(password)} && known=yes`,
    ),
    'if [ "$known" = yes ]; then',
    '  [ "$second" = "$password" ] && ok=yes',
    ...(cram === undefined ? [] : cramLines(cram)),
    'fi',
    `[ $ok = yes ] || exit ${rejected}`,
    'export USER="$login" HOME=/ SHELL=/bin/sh',
    ...Object.entries(behaviour.environment ?? {}).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    'exec "$@"',
  );
  return `${lines.join('\n')}\n`;
}

/** Keyed MD5 needs more than sh: node does it, slowly. */
function cramLines(order: 'challenge-response' | 'response-challenge'): string[] {
  const [challenge, response] = order === 'challenge-response' ? ['second', 'third'] : ['third', 'second'];
  const program =
    "process.stdout.write(require('crypto').createHmac('md5',process.argv[1]).update(process.argv[2]).digest('hex'))";
  return [
    `  if [ -n "$third" ]; then`,
    `    ok=no`,
    `    [ "$(${shellWord(process.execPath)} -e ${shellWord(program)} "$password" "$${challenge}")" = "$${response}" ] && ok=yes`,
    '  fi',
  ];
}
