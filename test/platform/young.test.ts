import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { childEnvironment } from '../support/child-environment.ts';
import { testDatabase } from '../support/database.ts';

const { url } = await testDatabase();

// Everything of every statement grew old before the driver was adapted (drizzle/postgres/driver.ts): a quarter of all that
// was allocated.
test('what a statement leaves behind is collected with the young objects', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--trace-gc-nvp', '--max-semi-space-size=2', `${import.meta.dirname}/young-main.ts`, url],
    { env: childEnvironment, encoding: 'utf8', maxBuffer: 100 * 1024 * 1024 },
  );
  expect(stderr).toBe('');
  const scavenges = stdout.split('\n').filter((line) => line.includes(' gc=s '));
  const sum = (what: string): number =>
    scavenges.reduce((total, line) => total + Number(new RegExp(` ${what}=(\\d+)`).exec(line)?.[1]), 0);
  expect(scavenges.length).toBeGreaterThan(20);
  expect(sum('promoted') / sum('allocated')).toBeLessThan(0.1);
});

test('the driver that is loaded is the adapted one', async () => {
  const sql = openClient(url, undefined, { max: 1 });
  const statement = sql`select 1`;
  // A function that is named before it is assigned bears the name.
  const { resolve, reject } = statement as unknown as Record<'resolve' | 'reject', { name: string }>;
  await statement;
  await sql.end({ timeout: 1 });
  expect([resolve.name, reject.name]).toEqual(['onresolve', 'onreject']);
});
