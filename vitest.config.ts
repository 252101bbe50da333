import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./packages/${path}`, import.meta.url));

// Tests of the packages run from their sources; tests of the whole system run what was built.
export default defineConfig({
  resolve: {
    alias: [
      { find: '@postern/core/contract', replacement: source('core/src/contract/index.ts') },
      { find: '@postern/core/smtp-server', replacement: source('core/src/smtp-server/index.ts') },
      { find: /^@postern\/([a-z0-9-]+)$/, replacement: source('$1/src/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    pool: 'forks',
  },
});
