/** The version of the package that is running. */
import { readFileSync } from 'node:fs';

/** From package.json, which lies one directory above the built files and above the sources alike. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
