import { SyncError } from '../core/errors.ts';
import type { MappingName, Side } from '../core/types.ts';
import { ring } from '../store/lanes.ts';
import { linksOfRecords } from '../store/links.ts';
import { adoptingMapping } from './adopt.ts';
import type { InlineParts } from './inline.ts';

/** Backfills and reconciliations: walks over everything both systems have. */
export interface Runs {
  /** Starts a run and answers its id; it goes on in the background, from checkpoint to checkpoint. */
  start(
    kind: 'backfill' | 'reconciliation',
    flows: readonly MappingName[],
    mode: 'apply' | 'preview',
    actor: string,
  ): Promise<string>;
  cancel(id: string): Promise<void>;
  /** Goes on with runs that a stop or a crash interrupted. */
  resume(): Promise<void>;
  stopped(): Promise<void>;
}

/** What runs need beyond what inline acts do. */
export interface RunParts extends InlineParts {
  readonly wake: () => void;
  readonly signal: AbortSignal;
  readonly report: (error: unknown, what?: string) => void;
}

interface Run {
  readonly id: string;
  readonly flows: readonly MappingName[];
  readonly checkpoint: Record<string, string | null>;
  readonly counts: Record<string, number>;
}

/** Records per chunk: one page of the system, one statement for its rings, one checkpoint. */
const chunk = 500;

/** Runs of one process. */
export function createRuns(parts: RunParts): Runs {
  const { sql } = parts;
  const running = new Set<Promise<void>>();
  const launch = (run: Run): void => {
    const job = walk(parts, run).catch((error) => parts.report(error, `run ${run.id}`));
    running.add(job);
    void job.finally(() => running.delete(job));
  };
  return {
    async start(kind, flows, mode, actor) {
      const id = parts.newId();
      await sql`
        insert into sync.run (id, kind, mode, state, flows, by)
        values (${id}, ${kind}, ${mode}, 'running', ${JSON.stringify(flows)}::text::jsonb, ${actor})`;
      launch({ id, flows, checkpoint: {}, counts: {} });
      return id;
    },
    async cancel(id) {
      const done = await sql`
        update sync.run set state = 'cancelled', ended_at = now() where id = ${id} and state = 'running'`;
      if (done.count === 0) throw new SyncError('NOT_FOUND', `There is no run ${id} under way.`);
    },
    async resume() {
      const open = await sql<
        Run[]
      >`select id, flows, checkpoint, counts from sync.run where state = 'running'`;
      for (const run of open) launch(run);
    },
    stopped: async () => void (await Promise.allSettled(running)),
  };
}

/** Walks every entity of these flows on both sides, chunk by chunk, and puts what it finds into the queue behind live work. */
async function walk(parts: RunParts, run: Run): Promise<void> {
  const { sql, signal } = parts;
  const checkpoint = { ...run.checkpoint };
  const counts = { ...run.counts };
  for (const [side, entity] of entitiesOf(parts, run.flows)) {
    const key = `${side}:${entity}`;
    let after = checkpoint[key];
    while (after !== 'done') {
      if (signal.aborted) return;
      const page = await parts.connectors[side].list(entity, after ?? null, chunk);
      await ringAll(
        parts,
        side,
        entity,
        page.map((record) => record.id),
        run.id,
      );
      after = page.length < chunk ? 'done' : page.at(-1)!.id;
      checkpoint[key] = after;
      counts[key] = (counts[key] ?? 0) + page.length;
      const going = await sql`
        update sync.run set checkpoint = ${JSON.stringify(checkpoint)}::text::jsonb, counts = ${JSON.stringify(counts)}::text::jsonb,
          updated_at = now() where id = ${run.id} and state = 'running'`;
      if (going.count === 0) return;
      parts.wake();
    }
  }
  await sql`update sync.run set state = 'done', ended_at = now() where id = ${run.id} and state = 'running'`;
}

function entitiesOf(parts: RunParts, flows: readonly MappingName[]): readonly (readonly [Side, string])[] {
  const found = new Map<string, readonly [Side, string]>();
  for (const flow of flows)
    for (const side of ['crm', 'erp'] as const) {
      const entity = parts.mappings[flow][side];
      found.set(`${side}:${entity}`, [side, entity]);
    }
  return [...found.values()];
}

async function ringAll(
  parts: RunParts,
  side: Side,
  entity: string,
  ids: readonly string[],
  run: string,
): Promise<void> {
  const mapping = adoptingMapping[side][entity];
  if (!mapping || ids.length === 0) return;
  const links = await linksOfRecords(
    parts.sql,
    ids.map((id) => ({ mapping, side, id })),
  );
  const laneOf = new Map(
    links
      .filter((link) => link.state !== 'ended')
      .map((link) => [side === 'crm' ? link.crmId : link.erpId, link.lane]),
  );
  await ring(
    parts.sql,
    ids.map((id) => ({
      key: laneOf.get(id) ?? `rec:${side}:${entity}:${id}`,
      mapping,
      cause: { kind: 'run', id: run },
      priority: 1,
    })),
  );
}
