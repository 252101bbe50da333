import type { Options } from 'tsup';

/** How every library package is built: ESM and CommonJS with types for both. */
export const library = (entry: Readonly<Record<string, string>> = { index: 'src/index.ts' }): Options => ({
  entry: { ...entry },
  format: ['esm', 'cjs'],
  dts: true,
  sourcemap: true,
  clean: true,
  target: 'node20',
  tsconfig: '../../tsconfig.build.json',
});
