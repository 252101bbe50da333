/** `posternd check`: everything that `serve` would stumble over, all of it at once, and nothing served. */
import type { CheckpasswordOptions } from '@postern/auth-checkpassword';
import type { Queue, Verifier } from '@postern/core';
import type { CommandLine } from '../command-line.js';
import { oneLine } from '../config/configuration-error.js';
import type { Configuration, PluginSettings } from '../config/configuration.js';
import { loadConfiguration } from '../config/load.js';
import { checkMechanisms } from '../plugins/mechanisms.js';
import { createQueue, createVerifier } from '../plugins/plugins.js';
import { servingAccount } from '../process/account.js';
import type { Account } from '../process/account.js';
import { assemble, senderPolicy } from '../process/assembly.js';
import { certificatesFrom, readKeyPairs, validityWarning } from '../process/key-files.js';
import { tryPorts } from '../process/ports.js';
import { dropPrivileges } from '../process/privileges.js';
import { checkPrograms, checkQueueDirectory, probeVerifiers } from '../process/self-test.js';
import { DEFAULT_FILE } from './find-configuration.js';

/** Writes a line for everything looked at. */
class Report {
  readonly #write: (text: string) => void;
  failed = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  ok(text: string): void {
    this.#line('ok', text);
  }

  warn(text: string): void {
    this.#line('warning', text);
  }

  fail(error: unknown): void {
    this.failed = true;
    this.#line('WRONG', error instanceof Error ? error.message : String(error));
  }

  /** Runs `work`; undefined if it failed, and that is written down. */
  async attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  #line(label: string, text: string): void {
    this.#write(`${label.padEnd(8)} ${oneLine(text)}\n`);
  }
}

/** Resolves with the exit status. */
export async function checkCommand(line: CommandLine): Promise<number> {
  const configuration = loadConfiguration(line.config ?? DEFAULT_FILE);
  const report = new Report((text) => process.stdout.write(text));
  report.ok(`${configuration.file}: read; this host is ${configuration.hostname}`);
  await checkConfiguration(configuration, report);
  return report.failed ? 2 : 0;
}

async function checkConfiguration(configuration: Configuration, report: Report): Promise<void> {
  const account = await report.attempt(() => servingAccount(configuration));
  for (const listener of configuration.listen) {
    const name = `${listener.address ?? '::'}:${listener.port}`;
    if (listener.requireTls === false) report.warn(`${name} takes passwords and mail without TLS`);
    if (listener.requireLogin === false) report.warn(`${name} takes mail from anybody, without a login`);
  }
  for (const { where, trouble } of await tryPorts(configuration.listen)) {
    if (trouble === undefined) report.ok(`${where} is free`);
    else report.warn(`${where}: ${trouble}`);
  }
  const certificates = await report.attempt(() => checkKeys(configuration, report));
  await report.attempt(() => become(account, report));
  const verifiers = await checkVerifiers(configuration, report);
  const queue = await report.attempt(() => createQueue(configuration.queue, configuration));
  if (queue !== undefined) report.ok(`queue: ${queue.name}`);
  await report.attempt(() => checkQueueDirectory(configuration));
  const programs = await report.attempt(() => {
    checkPrograms(configuration);
    return true;
  });
  if (programs === true) await probe(verifiers, configuration, report);
  if (queue !== undefined && !report.failed) {
    await report.attempt(() => {
      assemble(configuration, {
        certificates,
        verifiers,
        queue,
        senders: senderPolicy(configuration),
        observer: NOBODY,
      });
    });
  }
  await close([...verifiers, ...(queue === undefined ? [] : [queue])]);
}

const NOBODY = { observe: () => undefined };

function checkKeys(configuration: Configuration, report: Report) {
  const pairs = readKeyPairs(configuration);
  for (const pair of pairs) {
    const warning = validityWarning(pair);
    if (warning === undefined)
      report.ok(`${pair.files.cert}: until ${pair.leaf.validTo}, and ${pair.files.key} is its key`);
    else if (warning.expired) report.fail(new Error(warning.text));
    else report.warn(warning.text);
  }
  return certificatesFrom(pairs, configuration);
}

/** From here on everything is seen as the user who serves would see it. */
function become(account: Account | undefined, report: Report): void {
  if (account === undefined) return;
  dropPrivileges(account);
  report.ok(`serves as ${account.name ?? account.uid} (uid ${account.uid}, gid ${account.gid})`);
}

async function checkVerifiers(configuration: Configuration, report: Report): Promise<Verifier[]> {
  const made: Verifier[] = [];
  for (const settings of configuration.auth.verifiers) {
    const verifier = await report.attempt(() => createVerifier(settings, configuration));
    if (verifier === undefined) continue;
    made.push(verifier);
    report.ok(`${settings.key}: ${verifier.name}, checks ${[...verifier.checks].join(' and ') || 'nothing yet'}`);
    if (settings.use === 'checkpassword') await adviseOnCheckpassword(settings, report);
  }
  await report.attempt(async () => checkMechanisms(configuration, made));
  return made;
}

/** It knows more about its programs than a probe can tell: one that rejects everybody looks like a wrong password. */
async function adviseOnCheckpassword({ key, options }: PluginSettings, report: Report): Promise<void> {
  const checkpassword = await import('@postern/auth-checkpassword');
  for (const { level, text } of await checkpassword.probe(options as unknown as CheckpasswordOptions)) {
    if (level === 'warning') report.warn(`${key}: ${text}`);
    else report.fail(new Error(`${key}: ${text}`));
  }
}

async function probe(verifiers: readonly Verifier[], configuration: Configuration, report: Report): Promise<void> {
  // Names go by the position in the file, so all of them have to be there.
  if (verifiers.length !== configuration.auth.verifiers.length) return;
  const results = (await report.attempt(() => probeVerifiers(verifiers, configuration))) ?? [];
  for (const { key, verifier, outcome, cause } of results) {
    if (outcome === 'rejected') report.ok(`${key}: ${verifier} rejects a login that nobody has`);
    else report.warn(`${key}: ${verifier} could not answer: ${cause ?? 'no cause given'}`);
  }
}

const close = (parts: readonly (Verifier | Queue)[]): Promise<unknown> =>
  Promise.allSettled(parts.map(async (part) => part.close?.()));
