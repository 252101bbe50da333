/** Certificates and keys from their files: read, looked at, put together. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { certificates } from '@postern/core';
import type { Certificates, KeyPair } from '@postern/core';
import { ConfigurationError } from '../config/configuration-error.js';
import type { Configuration, KeyFiles } from '../config/configuration.js';
import { describeFileError } from '../config/toml.js';

/** A pair that belongs together. */
export interface ReadPair extends KeyPair {
  readonly files: KeyFiles;
  readonly leaf: X509Certificate;
}

/** @throws ConfigurationError for a file that is missing, is no PEM, or does not fit the other */
export function readKeyPairs(configuration: Configuration): ReadPair[] {
  return (configuration.tls?.pairs ?? []).map((files) => readPair(files, configuration.file));
}

/**
 * @param ticketKeys 48 octets; kept over a reload, so that clients resume across it
 * @throws ConfigurationError
 */
export function certificatesFrom(
  pairs: readonly ReadPair[],
  configuration: Configuration,
  ticketKeys?: Buffer,
): Certificates | undefined {
  if (configuration.tls === undefined || pairs.length === 0) return undefined;
  try {
    return certificates({
      pairs,
      profile: configuration.tls.profile,
      ...(ticketKeys === undefined ? {} : { ticketKeys }),
    });
  } catch (error) {
    throw new ConfigurationError(
      configuration.file,
      'tls',
      messageOf(error),
      'a certificate and its key that OpenSSL takes',
    );
  }
}

function readPair(files: KeyFiles, file: string): ReadPair {
  const cert = read(files.cert, file, `${files.at}.cert`);
  const key = read(files.key, file, `${files.at}.key`);
  const leaf = parse(file, `${files.at}.cert`, files.cert, 'a certificate in PEM', () => new X509Certificate(cert));
  const secret = parse(file, `${files.at}.key`, files.key, 'a private key in PEM, without a passphrase', () =>
    createPrivateKey(key),
  );
  if (!leaf.checkPrivateKey(secret))
    throw new ConfigurationError(
      file,
      `${files.at}.key`,
      `${files.key}, which is the key of another certificate`,
      `the key of ${files.cert}`,
    );
  return { cert, key, files, leaf };
}

function read(path: string, file: string, key: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigurationError(file, key, `${path}: ${describeFileError(error)}`, 'a PEM file that can be read');
  }
}

function parse<T>(file: string, key: string, path: string, allowed: string, parser: () => T): T {
  try {
    return parser();
  } catch {
    // OpenSSL's own words are no help, and could quote the file.
    throw new ConfigurationError(file, key, `${path}, which is something else`, allowed);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const DAY = 86_400_000;

/** Something to say about the time for which a certificate holds; undefined if there is nothing. */
export function validityWarning(
  pair: ReadPair,
  now = Date.now(),
): { readonly expired: boolean; readonly text: string } | undefined {
  const { leaf, files } = pair;
  const from = Date.parse(leaf.validFrom);
  const until = Date.parse(leaf.validTo);
  if (now > until) return { expired: true, text: `${files.cert} expired on ${leaf.validTo}` };
  if (now < from) return { expired: true, text: `${files.cert} is not valid before ${leaf.validFrom}` };
  const days = Math.floor((until - now) / DAY);
  return days < 14 ? { expired: false, text: `${files.cert} expires in ${days} days, on ${leaf.validTo}` } : undefined;
}
