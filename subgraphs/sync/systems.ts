import type { Side } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { entityTypeOf } from './words.ts';

/** Both systems as the sync sees them: whether they answer, how far their feeds are read, and what waits. */
export async function systemStatus({ sql, sync, health }: SyncContext): Promise<readonly object[]> {
  const feeds = await sql<
    {
      side: Side;
      cursor: string | null;
      at: string;
      seen: number;
      echoes: number;
      lagMs: number | null;
      queued: number;
    }[]
  >`
    select f.side, f.cursor, f.at, f.seen::float as seen, f.echoes::float as echoes,
      (select extract(epoch from now() - min(enqueued_at))::float * 1000 from sync.lane where cause ->> 'side' = f.side) as "lagMs",
      (select count(*) from sync.lane where cause ->> 'side' = f.side) as queued
    from sync.feed f`;
  const budgets = await sync.budgets();
  const clocks = sync.clocks();
  const breakers = sync.breakers();
  const refusal = sync.refusal();
  return Promise.all(
    (['crm', 'erp'] as const).map(async (side) => {
      const feed = feeds.find((row) => row.side === side);
      const { healthy, version, latencyMs, error } = await health.of(side);
      const { heldUp } = breakers[side];
      // A built-in system lives in the sync's own database.
      const own = sync.connectors[side].capabilities?.inside ? refusal : null;
      const refused = own && `takes no writes since ${own.since}: its database ${own.reason}`;
      const held = heldUp.map(({ entity, since, reason }) => `holds up ${entity} since ${since}: ${reason}`);
      return {
        side: side.toUpperCase(),
        healthy: healthy && heldUp.length === 0 && refused === null,
        version,
        latencyMs,
        error: error ?? refused ?? (held.length > 0 ? held.join('; ') : null),
        heldUp: heldUp.map((each) => ({ ...each, entity: entityTypeOf(each.entity) })),
        rateBudget: budgets[side],
        clock: clocks[side],
        feedCursor: feed?.cursor ?? null,
        feedAt: feed?.at ?? null,
        lagMs: feed?.lagMs ?? null,
        queued: feed?.queued ?? 0,
        seen: feed?.seen ?? 0,
        echoes: feed?.echoes ?? 0,
      };
    }),
  );
}
