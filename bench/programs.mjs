/** The checkpassword and the qmail-queue that everybody measured here runs: options first, then what is installed. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Checkpassword
 * @property {string[]} argv with the program that it runs
 * @property {Record<string, string>} env
 * @property {'checkpassword' | 'cvm'} flavour
 */

/**
 * @param {import('./arguments.mjs').Settings} settings
 * @param {string} directory for a file of users
 * @returns {{ checkpassword: Checkpassword | undefined, qmailQueue: string | undefined, notes: string[] }}
 */
export function findPrograms(settings, directory) {
  const notes = [];
  const checkpassword = findCheckpassword(settings, directory);
  if (checkpassword === undefined)
    notes.push('no checkpassword: give --checkpassword PATH, or install the package cvm');
  else if (checkpassword.flavour === 'cvm')
    notes.push('the checkpassword is cvm-checkpassword with cvm-pwfile: two processes for a login');
  const qmailQueue = settings.qmailQueue ?? ['/var/qmail/bin/qmail-queue'].find(isExecutable);
  if (qmailQueue === undefined) notes.push('no qmail-queue: give --qmail-queue PATH');
  return { checkpassword, qmailQueue, notes };
}

function findCheckpassword(settings, directory) {
  if (settings.checkpassword !== undefined) {
    return { argv: [settings.checkpassword, 'true'], env: {}, flavour: 'checkpassword' };
  }
  const [cvm, pwfile] = ['/usr/bin/cvm-checkpassword', '/usr/bin/cvm-pwfile'];
  if (!isExecutable(cvm) || !isExecutable(pwfile)) return undefined;
  return { argv: [cvm, pwfile, 'true'], env: cvmPwfile(settings, directory), flavour: 'cvm' };
}

/** A passwd file for cvm-pwfile, and the variables that make it read that. */
export function cvmPwfile({ login, password }, directory) {
  const path = join(directory, 'cvm-users');
  writeFileSync(path, `${login}:${password}:65534:65534:bench:/:/bin/sh\n`, { mode: 0o644 });
  return { CVM_PWFILE_PATH: path, CVM_ACCOUNT_SPLIT_CHARS: '' };
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
