import type { Sql } from './rows.ts';

/** A backfill or a reconciliation, as it is stored. */
export interface RunRow {
  readonly id: string;
  readonly kind: string;
  readonly mode: string;
  readonly state: string;
  readonly flows: readonly string[];
  readonly checkpoint: unknown;
  readonly counts: Readonly<Record<string, unknown>>;
  readonly samples: unknown;
  readonly by: string | null;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly endedAt: string | null;
}

const columns = `r.id, r.kind, r.mode, r.state, r.flows, r.checkpoint, r.counts, r.samples, r.by,
  r.started_at as "startedAt", r.updated_at as "updatedAt", r.ended_at as "endedAt"`;

/** A run by its stored id. */
export async function runOf(sql: Sql, id: string): Promise<RunRow | null> {
  const [row] = await sql<RunRow[]>`select ${sql.unsafe(columns)} from sync.run r where r.id = ${id}`;
  return row ?? null;
}

/** The latest runs first. */
export function latestRuns(sql: Sql, first: number): Promise<readonly RunRow[]> {
  return sql<
    RunRow[]
  >`select ${sql.unsafe(columns)} from sync.run r order by r.started_at desc, r.id desc limit ${first}`;
}
