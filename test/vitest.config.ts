import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { patienceMs } from './support/patience.ts';

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
    // Ends what hangs, no more: a test says itself, sooner, what it waited for in vain.
    testTimeout: 3 * patienceMs,
    hookTimeout: 3 * patienceMs,
    expect: { poll: { timeout: patienceMs } },
    retry: 0,
    passWithNoTests: false,
  },
});
