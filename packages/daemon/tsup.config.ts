import { defineConfig } from 'tsup';

// A program, and the loader of its configuration for programs that embed it. ESM only: nobody requires a daemon.
export default defineConfig({
  entry: { posternd: 'src/posternd.ts', index: 'src/index.ts' },
  format: ['esm'],
  dts: { entry: { index: 'src/index.ts' } },
  sourcemap: true,
  clean: true,
  target: 'node20',
  tsconfig: '../../tsconfig.build.json',
});
