/** From arguments to an exit status. The only file that turns errors into lines on standard error. */
import { COMMAND_HELP, GENERAL_HELP } from './help.js';
import { parseCommandLine, UsageError } from './command-line.js';
import type { CommandLine } from './command-line.js';
import { ConfigurationError, errorLine } from './config/configuration-error.js';
import { StartError } from './process/start-error.js';
import { packageVersion } from './version.js';

/** @param args without node and script. Resolves with the exit status; never rejects. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const line = parseCommandLine(args);
    if (line.version) {
      process.stdout.write(`posternd ${packageVersion()}\n`);
      return 0;
    }
    if (line.help) {
      process.stdout.write(line.named ? COMMAND_HELP[line.command] : GENERAL_HELP);
      return 0;
    }
    return await run(line);
  } catch (error) {
    return complain(error);
  }
}

/** Each command loads what it needs and no more: `passwd` has no business with TLS. */
async function run(line: CommandLine): Promise<number> {
  switch (line.command) {
    case 'serve':
      return (await import('./commands/serve.js')).serveCommand(line);
    case 'check':
      return (await import('./commands/check.js')).checkCommand(line);
    case 'session':
      return (await import('./commands/session.js')).sessionCommand(line);
    case 'explain':
      return (await import('./commands/explain.js')).explainCommand(line);
    case 'passwd':
      return (await import('./commands/passwd.js')).passwdCommand(line);
  }
}

/** One line, and the status that tells a wrong word from a world that is not as it should be. */
function complain(error: unknown): number {
  const usage = error instanceof UsageError;
  process.stderr.write(`${errorLine(error)}${usage ? ' (posternd --help)' : ''}\n`);
  if (usage || error instanceof ConfigurationError) return 2;
  // What nobody foresaw is worth its stack.
  if (!(error instanceof StartError) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return 1;
}
