/**
 * A qmail-queue with chosen behaviour (qmail-queue(8)): what the real one cannot be made to do. It keeps what it was given.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fakeProgram, shellOctets } from './fake-program.js';

export interface QueueBehaviour {
  /** Exit code. Default 0. */
  readonly exit?: number;
  /** Ends itself by this signal instead: `KILL`, `SEGV`, 9. */
  readonly signal?: string | number;
  /** What is read before it ends. `some`: the first 100 octets of the message. Default `all`: message, then envelope. */
  readonly read?: 'all' | 'message' | 'some' | 'none';
  /** Pauses this many seconds after the first 64 KiB of the message. */
  readonly pause?: number;
  /** Does not end, for at most 60 seconds; `ignore-term`: not even when asked to. */
  readonly hang?: 'yes' | 'ignore-term';
  /** Leaves a process behind that holds all descriptors for this many seconds. */
  readonly grandchild?: number;
  /** Written before it ends: notqmail uses fd 6, the Curti patch and simscan fd 4, indimail fd 2. */
  readonly error?: { readonly fd: number; readonly text: string | Uint8Array };
  /** Opens /dev/stdin and /dev/fd/1 again, as wrapper scripts do; that fails on sockets. */
  readonly reopen?: boolean;
}

/** One start of it. */
export interface QueueRun {
  readonly pid: number;
  readonly message: Buffer;
  /** Everything that was read from fd 1. */
  readonly envelope: Buffer;
  /** Of a whole envelope; undefined if it was not whole. */
  readonly sender: string | undefined;
  readonly recipients: readonly string[];
  /** A real qmail-queue would have queued it: exit 0 after a whole envelope. */
  readonly queued: boolean;
}

export interface FakeQmailQueue {
  /** Absolute path of the executable. */
  readonly path: string;
  /** What it does from its next start on. */
  behave(behaviour: QueueBehaviour): void;
  /** All starts, oldest first. */
  runs(): QueueRun[];
  /** Those that it would have queued. */
  queued(): QueueRun[];
  remove(): void;
}

/** Any user may run it and it can write its records as any user. */
export function fakeQmailQueue(behaviour: QueueBehaviour = {}): FakeQmailQueue {
  const program = fakeProgram(script(behaviour), 'sh', 'qmail-queue');
  chmodSync(program.dir.path, 0o1777);
  const read = (name: string): Buffer =>
    existsSync(program.dir.file(name)) ? readFileSync(program.dir.file(name)) : Buffer.alloc(0);
  const runs = (): QueueRun[] =>
    readdirSync(program.dir.path)
      .filter((name) => name.endsWith('.started'))
      .map((name) => ({ pid: Number.parseInt(name, 10), at: statSync(program.dir.file(name)).mtimeMs }))
      .sort((a, b) => a.at - b.at || a.pid - b.pid)
      .map(({ pid }) => {
        const envelope = read(`${pid}.envelope`);
        const parsed = parseEnvelope(envelope);
        return {
          pid,
          message: read(`${pid}.message`),
          envelope,
          sender: parsed?.sender,
          recipients: parsed?.recipients ?? [],
          queued: parsed !== undefined && existsSync(program.dir.file(`${pid}.done`)),
        };
      });
  return {
    path: program.path,
    behave: (next) => program.replace(script(next)),
    runs,
    queued: () => runs().filter((run) => run.queued),
    remove: () => program.remove(),
  };
}

/** `F<sender>NUL`, `T<recipient>NUL` for each, NUL; undefined if it is anything else. */
export function parseEnvelope(bytes: Buffer): { sender: string; recipients: string[] } | undefined {
  const text = bytes.toString('latin1');
  if (!/^F[^\0]*\0(?:T[^\0]*\0)*\0$/.test(text)) return undefined;
  const [sender = '', ...rest] = text.split('\0');
  return { sender: sender.slice(1), recipients: rest.slice(0, -2).map((part) => part.slice(1)) };
}

function script(behaviour: QueueBehaviour): string {
  const { exit = 0, read = 'all', hang, grandchild, error, signal } = behaviour;
  const [stdin, envelope] = behaviour.reopen === true ? ['</dev/stdin', '</dev/fd/1'] : ['<&0', '<&1'];
  const lines = ['dir=${0%/*}', ': >"$dir/$$.started"'];
  if (hang === 'ignore-term') lines.push("trap '' TERM");
  if (grandchild !== undefined) lines.push('exec 8<&0 9<&1', `sleep ${grandchild} 0<&8 1<&9 &`, 'exec 8<&- 9<&-');
  if (behaviour.pause !== undefined && read !== 'none') {
    lines.push(`{ head -c 65536; sleep ${behaviour.pause}; cat; } ${stdin} >"$dir/$$.message" || exit 54`);
  } else if (read === 'some') lines.push(`head -c 100 ${stdin} >"$dir/$$.message"`);
  else if (read !== 'none') lines.push(`cat ${stdin} >"$dir/$$.message" || exit 54`);
  if (read === 'all') lines.push(`cat ${envelope} >"$dir/$$.envelope" || exit 54`);
  if (error !== undefined) lines.push(`printf ${shellOctets(error.text)} >&${error.fd}`);
  if (hang !== undefined) lines.push('exec sleep 60');
  if (signal !== undefined) lines.push(`kill -${signal} $$`, 'sleep 5');
  // Like the real one: nothing is queued without an envelope (exit 54). Whether it was whole, `runs` looks at.
  if (read === 'all') lines.push('[ -s "$dir/$$.envelope" ] || exit 54');
  if (exit === 0) lines.push(': >"$dir/$$.done"');
  lines.push(`exit ${exit}`);
  return `${lines.join('\n')}\n`;
}
