/** Finds a module by the name that an operator wrote: a path, or an npm package. Does not know what it should export. */
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Why there is no module: it is not installed, or it is and does not load. */
export type ModuleFault = { readonly missing: true } | { readonly missing: false; readonly cause: string };

export type ModuleResult = { readonly exports: Readonly<Record<string, unknown>> } | { readonly fault: ModuleFault };

const PACKAGE_NAME = /^(?:@[a-z0-9._~-]+\/)?[a-z0-9][a-z0-9._~-]*(?:\/[\w./-]+)?$/;

export const isPath = (use: string): boolean => /^\.{0,2}\//.test(use);
export const isPackageName = (use: string): boolean => PACKAGE_NAME.test(use);

/**
 * @param use `./my-verifier.js`, an absolute path, or the name of a package
 * @param directory of the configuration file: paths start there, and so does the search for packages
 */
export async function importModule(use: string, directory: string): Promise<ModuleResult> {
  const places = isPath(use)
    ? [pathToFileURL(isAbsolute(use) ? use : resolve(directory, use)).href]
    : candidates(use, directory);
  for (const place of places) {
    try {
      return { exports: (await import(place)) as Record<string, unknown> };
    } catch (error) {
      if (!isMissing(error, use, place)) {
        return { fault: { missing: false, cause: error instanceof Error ? error.message : String(error) } };
      }
    }
  }
  return { fault: { missing: true } };
}

/** Beside the configuration first: what an operator installs there is meant. Then where the daemon itself is installed. */
function candidates(use: string, directory: string): string[] {
  try {
    return [pathToFileURL(createRequire(join(directory, 'posternd.toml')).resolve(use)).href, use];
  } catch {
    return [use];
  }
}

/** True if it is this module that is not there, and not one that it wants in turn. */
function isMissing(error: unknown, use: string, place: string): boolean {
  const { code, url, message = '' } = error as { code?: string; url?: string; message?: string };
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return false;
  const names = [use, place, decodePath(place)];
  return url === place || names.some((name) => message.includes(`'${name}'`));
}

const decodePath = (place: string): string => decodeURIComponent(place.replace(/^file:\/\//, ''));
