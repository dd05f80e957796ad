import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** How the tests run. Real PostgreSQL, no retries: a test that passes the second time has failed. */
export default defineConfig({
  root: join(import.meta.dirname, '..'),
  // graphql comes as two sets of files; ours must be the one that our dependencies load, or types are not equal.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    retry: 0,
    passWithNoTests: false,
  },
});
