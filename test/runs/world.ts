import { afterAll, afterEach, expect, inject } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import { openClient } from '../../drizzle/postgres/client.ts';
import type { WatchStatement } from '../../drizzle/postgres/watch.ts';
import type { Connector, Write } from '../../sync/core/connector.ts';
import type { Json, Side, SystemRecord } from '../../sync/core/types.ts';
import type { Sync } from '../../sync/index.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { testDatabase } from '../support/database.ts';
import { patienceMs } from '../support/patience.ts';
import { silentEndings } from '../support/silent-endings.ts';

export type Fields = Readonly<Record<string, Json>>;

/** Counts of a run, as stored. */
export interface Counts {
  readonly seen: number;
  readonly done: number;
  readonly total: number | null;
  readonly queued: number;
  readonly retrying: number;
  readonly etaSeconds: number | null;
  readonly sizes: Readonly<Record<string, number>>;
  readonly flows: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly reasons?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface StoredRun {
  readonly state: string;
  readonly counts: Counts;
  readonly samples: Readonly<
    Record<string, Readonly<Record<string, readonly Readonly<Record<string, Json>>[]>>>
  >;
  readonly checkpoint: { readonly walked: Readonly<Record<string, string>> };
}

/** One process of the sync over the database, with connections of its own. */
export interface Process {
  readonly sync: Sync;
  /** Ends it as kill -9 would: its connections break, and nothing is handed over. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** All flows, as a backfill of everything names them. */
export const allFlows = mappings.map((mapping) => mapping.name);

/** Two systems over a database of one's own; sync processes come and go, and `watch` is told of their statements. */
export async function openRuns(watch?: WatchStatement) {
  const { sql, url } = await testDatabase();
  const { socketFolder } = inject('server');
  const systems = openSystems(sql);
  const processes = new Set<Process>();
  const errors: string[] = [];

  async function live(
    through: (side: Side, connector: Connector) => Connector = (_, connector) => connector,
    keeping: Parameters<typeof assembleSync>[4] = {},
  ): Promise<Process> {
    const own = openClient(url, socketFolder, { max: 6, watch });
    const ownSystems = openSystems(own);
    let dead = false;
    const sync = await assembleSync(
      own,
      { crm: through('crm', ownSystems.crm), erp: through('erp', ownSystems.erp) },
      {
        error: (detail, message) => {
          if (!dead) errors.push(`${message} ${JSON.stringify(detail).slice(0, 600)}`);
        },
        info: () => {},
      },
      undefined,
      keeping,
    );
    await sync.start();
    const process: Process = {
      sync,
      async kill() {
        dead = true;
        processes.delete(process);
        await own.end({ timeout: 0 });
        await sync.stop().catch(() => {});
        await ownSystems.close().catch(() => {});
      },
      async stop() {
        processes.delete(process);
        await sync.stop();
        await ownSystems.close();
        await own.end({ timeout: 1 });
      },
    };
    processes.add(process);
    return process;
  }

  afterAll(async () => {
    for (const process of processes) await process.stop();
    await systems.close();
  });
  afterEach(async () => {
    expect(await silentEndings(sql), 'links that ended without a word').toEqual([]);
  });

  const runOf = async (id: string): Promise<StoredRun> => {
    const [row] = await sql<
      StoredRun[]
    >`select state, counts, samples, checkpoint from sync.run where id = ${id}`;
    return row!;
  };

  async function settled({ sync }: Process): Promise<void> {
    const giveUp = AbortSignal.timeout(patienceMs);
    await sync.quiet(giveUp);
    if (giveUp.aborted)
      throw new Error(
        `No rest: ${errors.slice(0, 3).join('\n')} ${JSON.stringify(await sql`select * from sync.lane limit 3`)}`,
      );
  }

  return {
    ...systems,
    sql,
    errors,
    live,
    runOf,
    settled,
    /** Waits until the run has ended, and answers it as stored. */
    async ended(id: string, ms = patienceMs): Promise<StoredRun> {
      const giveUp = Date.now() + ms;
      for (;;) {
        const run = await runOf(id);
        if (run.state !== 'running') return run;
        if (Date.now() > giveUp)
          throw new Error(
            `Run ${id} does not end: ${JSON.stringify(run)} ${JSON.stringify(await sql`select * from sync.lane limit 3`)} ${errors.join('\n')}`,
          );
        await sql`select pg_sleep(0.05)`;
      }
    },
    /** Waits until something stored is so. */
    async until(what: string, holds: () => Promise<boolean>, ms = patienceMs): Promise<void> {
      const giveUp = Date.now() + ms;
      while (!(await holds())) {
        if (Date.now() > giveUp) throw new Error(`It does not come to: ${what} ${errors.join('\n')}`);
        await sql`select pg_sleep(0.02)`;
      }
    },
    /** Pauses or resumes every flow. */
    async rest({ sync }: Process, paused: boolean): Promise<void> {
      for (const flow of allFlows) await sync.pause(flow, paused, null, 'test');
    },
    /** What the feeds have rung is forgotten, as if the systems had been there before their feeds: only a walk finds the records. */
    async forgetNews(process: Process): Promise<void> {
      await settled(process);
      await sql`delete from sync.lane`;
      await sql`update sync.backlog b set cursor = f.cursor from sync.feed f where f.side = b.side`;
    },
    async all(
      side: Side,
      writes: readonly Write[],
      origin: 'person' | 'import' = 'import',
    ): Promise<readonly SystemRecord[]> {
      const results = await systems[side].write(writes, { actor: 'anna', origin });
      return results.map((result, n) => {
        if (!('record' in result))
          throw new Error(`${JSON.stringify(result)} for ${JSON.stringify(writes[n])}`);
        return result.record;
      });
    },
    async create(side: Side, entity: string, fields: Fields): Promise<SystemRecord> {
      const [result] = await systems[side].write([{ kind: 'create', entity, fields }], {
        actor: 'anna',
        origin: 'person',
      });
      if (!result || !('record' in result)) throw new Error(JSON.stringify(result));
      return result.record;
    },
    async edit(side: Side, entity: string, id: string, fields: Fields): Promise<SystemRecord> {
      const [result] = await systems[side].write([{ kind: 'update', entity, id, fields }], {
        actor: 'anna',
        origin: 'person',
      });
      if (!result || !('record' in result)) throw new Error(JSON.stringify(result));
      return result.record;
    },
    async read(side: Side, entity: string, id: string): Promise<SystemRecord | undefined> {
      return (await systems[side].read(entity, [id])).get(id);
    },
    count: async (table: string): Promise<number> =>
      (await sql.unsafe<{ n: number }[]>(`select count(*) as n from ${table}`))[0]!.n,
  };
}
