import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type House, openHouse } from '../../console/house.ts';
import { migrate } from '../../drizzle/migrate.ts';
import { openDatabase, type Sql } from '../../drizzle/postgres/open.ts';
import type { WatchStatement } from '../../drizzle/postgres/watch.ts';

/** A house of its own in a temporary folder, durable as in production: nothing is switched off for the measurement. */
export interface Stage {
  readonly house: House;
  readonly sql: Sql;
  close(): Promise<void>;
}

/** Opens the stage. @param watch told of every statement */
export async function openStage(watch?: WatchStatement): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
  // Open to the server's account, or its data would lie elsewhere and stay there.
  chmodSync(folder, 0o755);
  const database = await openDatabase({ dataFolder: folder, watch });
  await migrate(database.url);
  const log = {
    debug() {},
    info() {},
    warn: console.warn,
    error: (_: object, text: string) => console.error(text),
  };
  // Rounds edit all customers in bulk, and are to be measured, not asked about.
  const house = await openHouse({ sql: database.sql, log, massEditShare: 1 });
  return {
    house,
    sql: database.sql,
    async close() {
      await house.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Who writes what a benchmark needs. */
export const importer = { actor: 'bench', origin: 'import' } as const;

/** Writes in batches of 500, and fails on the first refusal. */
export async function writeAll(
  system: House['crm'],
  writes: readonly Parameters<House['crm']['write']>[0][number][],
): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < writes.length; from += 500)
    for (const result of await system.write(writes.slice(from, from + 500), importer)) {
      if (result.kind === 'failed') throw new Error(result.failure.message);
      if ('record' in result) ids.push(result.record.id);
    }
  return ids;
}

/** Median of some figures. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** A percentile (0 to 1) of some figures. */
export function percentile(values: readonly number[], of: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? Number.NaN;
}
