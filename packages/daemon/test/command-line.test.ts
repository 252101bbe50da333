import { describe, expect, it } from 'vitest';
import { COMMANDS, parseCommandLine, UsageError } from '../src/command-line.js';
import { findConfiguration } from '../src/commands/find-configuration.js';
import { COMMAND_HELP, GENERAL_HELP } from '../src/help.js';

describe('the command line', () => {
  it.each([
    [[], { command: 'serve', named: false }],
    [
      ['serve', '--config', 'a.toml', '--log', 'pretty'],
      { command: 'serve', config: 'a.toml', log: 'pretty', named: true },
    ],
    [['--config=a.toml'], { command: 'serve', config: 'a.toml' }],
    [['-c', 'a.toml', 'check'], { command: 'check', config: 'a.toml' }],
    [['--embedded', '--ports', '0,2465'], { command: 'serve', embedded: true, ports: [0, 2465] }],
    [['passwd', 'alice', '-f', 'users'], { command: 'passwd', login: 'alice', file: 'users' }],
    [['passwd', '--help'], { command: 'passwd', help: true }],
    [['-V'], { version: true }],
  ])('%j', (args, expected) => expect(parseCommandLine(args)).toMatchObject(expected));

  it.each([
    [['server'], `"server" is no command; there are ${COMMANDS.join(', ')}`],
    [['serve', 'now'], '"now" is one argument too many'],
    [['passwd'], 'passwd needs a login'],
    [['passwd', 'a', 'b'], '"b" is one argument too many'],
    [['--confg', 'x'], "Unknown option '--confg'"],
    [['--config'], "Option '-c, --config <value>' argument missing"],
    [['--log', 'text'], '--log: found "text"; allowed: json, pretty'],
    [['check', '--log', 'json'], '--log is for serve and session, not for check'],
    [['--file', 'x'], '--file is for passwd, not for serve'],
    [['--ports', '1'], '--ports: found "1"; allowed: two ports, such as 2587,2465'],
    [['--ports', '1,2,3'], '--ports: found "1,2,3"; allowed: two ports, such as 2587,2465'],
    [['--ports', '1,70000'], '--ports: found "1,70000"; allowed: two ports, such as 2587,2465'],
  ])('%j is refused', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(new UsageError(message));
  });
});

describe('help', () => {
  it('names every command, and has an example for each', () => {
    for (const command of COMMANDS) {
      expect(GENERAL_HELP).toContain(`\n  ${command} `);
      expect(COMMAND_HELP[command]).toContain(`Usage: posternd ${command}`);
      expect(COMMAND_HELP[command]).toContain('Examples:');
    }
  });

  it('gives examples that can be typed', () => {
    const examples = Object.values(COMMAND_HELP).flatMap(
      (text) => text.split('Examples:\n')[1]?.trimEnd().split('\n') ?? [],
    );
    expect(examples.length).toBeGreaterThanOrEqual(COMMANDS.length);
    for (const example of examples) {
      const words = /posternd ([^|&<]*)/.exec(example)?.[1]?.trim().split(/\s+/) ?? ['no posternd in it'];
      expect(() => parseCommandLine(words)).not.toThrow();
    }
  });

  it('fits a terminal', () => {
    for (const text of [GENERAL_HELP, ...Object.values(COMMAND_HELP)]) {
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    }
  });
});

describe('the configuration', () => {
  it('is the one named, else the usual one, else the embedded default', () => {
    const having =
      (...paths: string[]) =>
      (path: unknown) =>
        paths.includes(String(path));
    expect(findConfiguration('a.toml', having())).toBe('a.toml');
    expect(findConfiguration(undefined, having('/etc/posternd.toml'))).toBe('/etc/posternd.toml');
    expect(findConfiguration(undefined, having())).toBeUndefined();
    // Somebody's qmail is not to be served by a demonstration.
    expect(findConfiguration(undefined, having('/var/qmail/control'))).toBe('/etc/posternd.toml');
  });
});
