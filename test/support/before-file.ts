import { flushCompileCache } from 'node:module';
import { configureGlobal } from 'fast-check';
import { inject } from 'vitest';

// Every property test of a run uses the seed printed at its start; TANDEM_TEST_RUNS makes them try harder.
const runs = process.env.TANDEM_TEST_RUNS;
configureGlobal({ seed: inject('seed'), ...(runs && { numRuns: Number(runs) }) });

// What the files before have compiled is there for the processes that the next ones start.
flushCompileCache();
