import type { Json, Values } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { seen } from './masking.ts';
import { type EventRow, eventColumns, type LinkRow, shown } from './rows.ts';

/** Both sides of a pair at an instant. */
export interface PairAsOf {
  readonly at: string;
  readonly crm: Values;
  readonly erp: Values;
  readonly complete: boolean;
}

/** Most events that are taken back; a pair with more after the instant is told incomplete. */
const mostEvents = 5000;

/** Takes the later events of a link back, newest first, from what both sides last agreed on. */
export async function pairAsOf(context: SyncContext, link: LinkRow, at: string): Promise<PairAsOf> {
  const { sql } = context;
  const later = await sql<EventRow[]>`
    select ${sql.unsafe(eventColumns)} from sync.event e
    where e.link_id = ${link.id} and e.at > ${at}::timestamptz order by e.seq desc limit ${mostEvents}`;
  const sides: Record<string, Record<string, Json>> = {
    crm: { ...link.agreed, ...link.overlay?.crm },
    erp: { ...link.agreed, ...link.overlay?.erp },
  };
  for (const event of later)
    for (const { field, line, side, before } of event.fields) {
      const values = sides[side];
      if (values !== undefined) values[line === undefined ? field : `lines.${line}.${field}`] = before;
    }
  const [head] = await sql<{ trimmed: boolean }[]>`
    select exists (select 1 from sync.event_head where oldest > 1)
      and not exists (select 1 from sync.event e where e.link_id = ${link.id} and e.at <= ${at}::timestamptz) as trimmed`;
  const visible = (values: Readonly<Record<string, Json>>): Values =>
    Object.fromEntries(
      Object.entries(values).map(([field, value]) => [
        field,
        seen(context, link.mapping, field, shown(value)),
      ]),
    );
  return {
    at,
    crm: visible(sides.crm!),
    erp: visible(sides.erp!),
    complete: later.length < mostEvents && head?.trimmed === false && link.createdAt <= at,
  };
}
