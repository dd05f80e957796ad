import { defineConfig, mergeConfig } from 'vitest/config';
import all from '../vitest.config.ts';

/** How the console is clicked through: like the tests, with a browser that has to be there. */
export default mergeConfig(
  { ...all, test: { ...all.test, include: [] } },
  defineConfig({ test: { include: ['test/clicks/*.clicks.ts'] } }),
);
