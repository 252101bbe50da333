/** What was typed, as values. Prints nothing and ends nothing. */
import { parseArgs } from 'node:util';

/** What was typed makes no sense. Exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const COMMANDS = ['serve', 'check', 'session', 'passwd', 'explain'] as const;
export type CommandName = (typeof COMMANDS)[number];

export interface CommandLine {
  readonly command: CommandName;
  readonly help: boolean;
  readonly version: boolean;
  readonly config?: string;
  readonly log?: 'json' | 'pretty';
  readonly embedded: boolean;
  /** For the embedded default. */
  readonly ports?: readonly [number, number];
  /** For passwd. */
  readonly file?: string;
  /** For passwd. */
  readonly login?: string;
  /** For explain: the envelope. */
  readonly from?: string;
  readonly to: readonly string[];
  /** A command was named, so help is about it. */
  readonly named: boolean;
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'V', default: false },
  config: { type: 'string', short: 'c' },
  log: { type: 'string' },
  embedded: { type: 'boolean', default: false },
  ports: { type: 'string' },
  file: { type: 'string', short: 'f' },
  from: { type: 'string' },
  to: { type: 'string', multiple: true },
} as const;

/** Options that only some commands understand. */
const ONLY: Readonly<Record<string, readonly CommandName[]>> = {
  config: ['serve', 'check', 'session', 'explain'],
  log: ['serve', 'session'],
  embedded: ['serve'],
  ports: ['serve'],
  file: ['passwd'],
  from: ['explain'],
  to: ['explain'],
};

/** @param args without node and script. @throws UsageError */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args);
  const [first, ...rest] = positionals;
  const command = commandOf(first);
  for (const [option, commands] of Object.entries(ONLY)) {
    const value = values[option as keyof typeof values];
    if (value !== undefined && value !== false && !commands.includes(command))
      throw new UsageError(`--${option} is for ${commands.join(' and ')}, not for ${command}`);
  }
  const [login, extra] = command === 'passwd' ? rest : [undefined, rest[0]];
  if (extra !== undefined) throw new UsageError(`${JSON.stringify(extra)} is one argument too many`);
  if (command === 'passwd' && login === undefined && !values.help) throw new UsageError('passwd needs a login');
  return {
    command,
    named: first !== undefined,
    help: values.help,
    version: values.version,
    embedded: values.embedded,
    ...(values.config === undefined ? {} : { config: values.config }),
    ...(values.log === undefined ? {} : { log: logFormat(values.log) }),
    ...(values.ports === undefined ? {} : { ports: ports(values.ports) }),
    to: values.to ?? [],
    ...(values.from === undefined ? {} : { from: values.from }),
    ...(values.file === undefined ? {} : { file: values.file }),
    ...(login === undefined ? {} : { login }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's advice on dashes is about parseArgs and not about us.
    throw new UsageError((error as Error).message.split('. ', 1)[0] ?? 'wrong arguments');
  }
}

function commandOf(word: string | undefined): CommandName {
  if (word === undefined) return 'serve';
  const known = COMMANDS.find((name) => name === word);
  if (known === undefined)
    throw new UsageError(`${JSON.stringify(word)} is no command; there are ${COMMANDS.join(', ')}`);
  return known;
}

function logFormat(text: string): 'json' | 'pretty' {
  if (text === 'json' || text === 'pretty') return text;
  throw new UsageError(`--log: found ${JSON.stringify(text)}; allowed: json, pretty`);
}

function ports(text: string): readonly [number, number] {
  const [first, second, ...more] = text.split(',').map((part) => (/^\d{1,5}$/.test(part) ? Number(part) : Number.NaN));
  const valid = (port: number | undefined): port is number => port !== undefined && port >= 0 && port <= 65_535;
  if (valid(first) && valid(second) && more.length === 0) return [first, second];
  throw new UsageError(`--ports: found ${JSON.stringify(text)}; allowed: two ports, such as 2587,2465`);
}
