import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { testFolder } from './support/folder.ts';
import { LongestFirst } from './support/longest-first.ts';
import { patienceMs } from './support/patience.ts';

/** How the tests run. Real PostgreSQL, no retries: a test that passes the second time has failed. */
export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/before-file.ts'],
    pool: 'forks',
    // One more than the two cores of a small machine: many tests wait, for a lock, a lease or a process.
    maxWorkers: 3,
    // Node itself loads the files, as it does in production, and once per worker: loading all of it takes two seconds.
    // So no file may change what a process has only once, nor leave anything running.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    isolate: false,
    env: { NODE_COMPILE_CACHE: join(testFolder, 'compiled') },
    // Ends what hangs, no more: a test says itself, sooner, what it waited for in vain.
    testTimeout: 3 * patienceMs,
    hookTimeout: 3 * patienceMs,
    expect: { poll: { timeout: patienceMs } },
    sequence: { sequencer: LongestFirst },
    retry: 0,
    passWithNoTests: false,
  },
});
