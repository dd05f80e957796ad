import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** `npm run soak -- --minutes 30 --seed 7`: random edits and faults for as long as told, then the whole crash
 * matrix, PostgreSQL stopped over and over for ten minutes, and the house killed 200 times (`--kills`). */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    kills: { type: 'string', default: '200' },
  },
});
const root = join(import.meta.dirname, '..', '..');
const vitest = spawn(
  join(root, 'node_modules/.bin/vitest'),
  ['run', '--config', 'test/vitest.config.ts', 'test/trust', 'test/e2e/kills.test.ts'],
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
