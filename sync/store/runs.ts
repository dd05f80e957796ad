import type { Json, MappingName } from '../core/types.ts';
import { sequenceEvents } from './events.ts';
import type { Sql } from './sql.ts';

/** What a run is asked to do. */
export type RunKind = 'backfill' | 'reconciliation';

/** A run as it is stored: who goes on with it needs nothing else. */
export interface StoredRun {
  readonly id: string;
  readonly kind: RunKind;
  readonly mode: 'apply' | 'preview';
  readonly flows: readonly MappingName[];
  readonly checkpoint: RunCheckpoint;
  readonly counts: RunCounts;
  readonly samples: RunSamples;
}

/** Where a run stands. */
export interface RunCheckpoint {
  /** Per `side:Entity`, the id up to which it was walked, or `done`. */
  readonly walked: Readonly<Record<string, string>>;
  /** Position in the event log up to which its outcomes are counted. */
  readonly counted: number;
  /** Only what failed in this earlier run is rung again. */
  readonly failedOf?: string;
  /** Compare the values of all pairs, also of those whose versions say that nothing moved. */
  readonly full?: boolean;
}

/** What a run has come to. */
export interface RunCounts {
  /** Records read. */
  readonly seen: number;
  /** Records dealt with: seen, less those that wait in the queue. */
  readonly done: number;
  /** Records there are, as far as the systems can tell or an earlier run over the same flows counted them. */
  readonly total: number | null;
  /** Its lanes that wait for a worker. */
  readonly queued: number;
  /** Its lanes that failed and will be tried again. */
  readonly retrying: number;
  /** Seconds until it is done at the rate so far; null while nobody knows how much there is. */
  readonly etaSeconds: number | null;
  /** Records per side and entity, once they are walked: the totals of the next run. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Per flow, what became or would become of how many. */
  readonly flows: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Per flow, what most records wait for and how many do. */
  readonly reasons?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Why it stopped, where it did. */
  readonly error?: string;
}

/** Per flow and count, a few records to look at. */
export type RunSamples = Readonly<Record<string, Readonly<Record<string, readonly Json[]>>>>;

/** A run that has not done anything yet. */
export const nothingCounted: RunCounts = {
  seen: 0,
  done: 0,
  total: null,
  queued: 0,
  retrying: 0,
  etaSeconds: null,
  sizes: {},
  flows: {},
};

/** Stores a new run, held by this worker. */
export async function beginRun(sql: Sql, run: StoredRun, actor: string, token: number): Promise<void> {
  await sql`
    insert into sync.run (id, kind, mode, state, flows, checkpoint, counts, by)
    values (${run.id}, ${run.kind}, ${run.mode}, 'running', ${JSON.stringify(run.flows)}::text::jsonb,
      ${JSON.stringify({ ...run.checkpoint, worker: token })}::text::jsonb, ${JSON.stringify(run.counts)}::text::jsonb, ${actor})`;
}

/** Takes runs under way whose worker is dead, and answers them. Those of a living worker stay with it. */
export function adoptRuns(sql: Sql, token: number): Promise<StoredRun[]> {
  return sql<StoredRun[]>`
    update sync.run r set checkpoint = r.checkpoint || jsonb_build_object('worker', ${token}::bigint)
    where r.state = 'running' and not exists (
      select 1 from sync.worker w where w.token = (r.checkpoint ->> 'worker')::bigint and w.alive_until > now())
    returning r.id, r.kind, r.mode, r.flows, r.checkpoint, r.counts, r.samples`;
}

/** Writes down how far a run has come. False: it was cancelled, or another worker goes on with it. */
export async function keepRun(
  sql: Sql,
  token: number,
  run: Pick<StoredRun, 'id' | 'checkpoint' | 'counts' | 'samples'>,
  state: 'running' | 'done' | 'failed' = 'running',
): Promise<boolean> {
  const kept = await sql`
    update sync.run set checkpoint = ${JSON.stringify({ ...run.checkpoint, worker: token })}::text::jsonb,
      counts = ${JSON.stringify(run.counts)}::text::jsonb, samples = ${JSON.stringify(run.samples)}::text::jsonb,
      state = ${state}, updated_at = now(), ended_at = case when ${state} = 'running' then null else now() end
    where id = ${run.id} and state = 'running' and (checkpoint ->> 'worker')::bigint = ${token}`;
  return kept.count > 0;
}

/** Writes down what the lanes that were in hand when a run was cancelled have come to. */
export async function keepEnded(sql: Sql, id: string, counts: RunCounts): Promise<void> {
  await sql`
    update sync.run set counts = ${JSON.stringify(counts)}::text::jsonb, updated_at = now()
    where id = ${id} and state = 'cancelled'`;
}

/**
 * Ends a run before its time: its own waiting lanes go, live ones and those being worked on stay, and are what its counts
 * tell as queued from then on. Null: none under way.
 */
export async function cancelStoredRun(sql: Sql, id: string): Promise<number | null> {
  const done = await sql`
    update sync.run set state = 'cancelled', updated_at = now(), ended_at = now() where id = ${id} and state = 'running'`;
  if (done.count === 0) return null;
  const dropped = await dropLanesOfRun(sql, id);
  await sql`
    update sync.run set counts = counts || jsonb_build_object('queued',
      (select count(*) from sync.lane where locked_until is not null and held_for = ${id}))
    where id = ${id} and state = 'cancelled'`;
  return dropped;
}

/** Takes the waiting lanes that nobody but this run has rung out of the queue. Returns how many. */
export async function dropLanesOfRun(sql: Sql, id: string): Promise<number> {
  const dropped = await sql`
    delete from sync.lane where key in (
      select key from sync.lane where priority = 1 and locked_until is null and cause ->> 'id' = ${id} and cause ->> 'kind' = 'run'
      for update skip locked)`;
  return dropped.count;
}

/** Whether a run still goes on. */
export async function isRunning(sql: Sql, id: string): Promise<boolean> {
  const [row] = await sql`select 1 from sync.run where id = ${id} and state = 'running'`;
  return row !== undefined;
}

/** A run's lanes in the queue: those that wait for their first attempt, and those that will be tried again. */
export async function lanesOfRun(
  sql: Sql,
  id: string,
  paused: readonly string[],
): Promise<{ readonly queued: number; readonly retrying: number }> {
  const [row] = await sql<{ queued: number; retrying: number }[]>`
    select count(*) filter (where attempts = 0 and mapping <> all(${[...paused]}::text[])) as queued,
      count(*) filter (where attempts > 0) as retrying
    from sync.lane where (priority = 1 and cause ->> 'id' = ${id}) or (locked_until is not null and held_for = ${id})`;
  return row!;
}

/** What became of a run's lanes since a position of the event log, and how far the log has come. */
export async function outcomesOfRun(
  sql: Sql,
  id: string,
  after: number,
): Promise<{
  readonly upTo: number;
  readonly found: readonly { readonly mapping: string; readonly outcome: string; readonly n: number }[];
}> {
  const upTo = await sequenceEvents(sql);
  if (upTo <= after) return { upTo, found: [] };
  const found = await sql<{ mapping: string; outcome: string; n: number }[]>`
    select mapping, outcome, count(*) as n from sync.event
    where pos > ${after} and pos <= ${upTo} and correlation_id = ${id} and cause ->> 'kind' = 'run'
    group by mapping, outcome`;
  return { upTo, found };
}

/** Records per `side:Entity` as the latest runs have counted them. */
export async function sizesSeen(sql: Sql): Promise<Readonly<Record<string, number>>> {
  const found = await sql<{ sizes: Record<string, number> }[]>`
    select counts -> 'sizes' as sizes from sync.run
    where counts ? 'sizes' and started_at > now() - interval '7 days' order by started_at desc limit 20`;
  return Object.assign({}, ...found.map((row) => row.sizes).reverse());
}

/** Lanes that a run left behind as failed: what a rerun puts into the queue again. */
export function failedOfRun(
  sql: Sql,
  id: string,
): Promise<{ readonly lane: string; readonly mapping: MappingName }[]> {
  return sql<{ lane: string; mapping: MappingName }[]>`
    select distinct on (lane) lane, mapping from (
      select lane, mapping from sync.dead_letter where closed_at is null and cause ->> 'id' = ${id}
      union all
      select l.lane, l.mapping from sync.event e join sync.link l on l.id = e.link_id and l.state = 'failed'
      where e.correlation_id = ${id} and e.outcome = 'failed'
    ) f order by lane, mapping`;
}
