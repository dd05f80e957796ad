import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** The parts of the soak, and the test files that hold them. */
const parts: Readonly<Record<string, readonly string[]>> = {
  storms: ['test/trust/soak.test.ts'],
  matrix: ['test/trust/crash-matrix.test.ts'],
  kills: ['test/e2e/kills.test.ts'],
  restarts: ['test/trust/restarts.test.ts'],
  outcomes: ['test/trust/unknown-outcomes.test.ts'],
  outages: ['test/trust/outages.test.ts'],
  faults: ['test/trust/faults.test.ts'],
  windows: ['test/flows/deal-window.test.ts'],
  deaths: ['test/runs/undo-dies.test.ts', 'test/runs/merge-dies.test.ts'],
  all: [
    'test/trust',
    'test/e2e/kills.test.ts',
    'test/runs/undo-dies.test.ts',
    'test/runs/merge-dies.test.ts',
    'test/flows/deal-window.test.ts',
  ],
};

/**
 * `npm run soak -- --minutes 30 --seed 7`: random edits and faults for as long as told, then the whole crash matrix, a system
 * that is away for 1, 5 and 30 minutes (no longer than told), the faults at full size, edits at every place of a deal that
 * moves on, acts that are taken back or followed with a death at each of their writes, PostgreSQL stopped over and over
 * for as long, and the house killed 200 times (`--kills`). `--part matrix` takes one part of it, `--only 'after apply'` of
 * that part the tests of this name.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    kills: { type: 'string', default: '200' },
    part: { type: 'string', default: 'all' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    `npm run soak -- [--part ${Object.keys(parts).join('|')}] [--minutes 10] [--seed N] [--kills 200] [--only 'name of a test']`,
  );
  process.exit();
}
const files = parts[values.part];
if (!files) throw new Error(`--part has to be one of ${Object.keys(parts).join(', ')}, not ${values.part}.`);
const root = join(import.meta.dirname, '..', '..');
const vitest = spawn(
  join(root, 'node_modules/.bin/vitest'),
  [
    'run',
    '--config',
    'test/vitest.config.ts',
    ...files,
    ...(values.only === undefined ? [] : ['--testNamePattern', values.only]),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      TRUST: 'all',
      SOAK_MINUTES: values.minutes,
      SOAK_KILLS: values.kills,
      ...(values.seed !== undefined && { TRUST_SEED: values.seed }),
    },
  },
);
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
