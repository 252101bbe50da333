/** The sessions that every run starts from: plain octets, one file each. What once broke something is added here. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('./corpus/', import.meta.url));

export interface CorpusFile {
  readonly name: string;
  /** One character per octet. */
  readonly text: string;
}

export const readCorpus = (): CorpusFile[] =>
  readdirSync(FOLDER)
    .sort()
    .map((name) => ({ name, text: readFileSync(`${FOLDER}${name}`, 'latin1') }));
