import type { MappingName } from '../core/types.ts';
import { rows, type Sql, type Statement, type Tx, unflushed } from './sql.ts';

/** Claims match-key values for creations in flight. Returns the lanes that got all of theirs; the others come later. */
export async function claimTwins(
  sql: Sql,
  wanted: readonly { readonly mapping: MappingName; readonly value: string; readonly lane: string }[],
): Promise<ReadonlySet<string>> {
  const lanes = new Set(wanted.map((w) => w.lane));
  if (wanted.length === 0) return lanes;
  const unique = new Map<string, (typeof wanted)[number]>();
  for (const w of wanted) {
    const key = `${w.mapping}\0${w.value}`;
    if (unique.has(key) && unique.get(key)!.lane !== w.lane) lanes.delete(w.lane);
    else unique.set(key, w);
  }
  const asked = [...unique.values()].filter((w) => lanes.has(w.lane));
  const got = await sql<{ mapping: string; value: string }[]>`
    with quick as materialized (${unflushed(sql)})
    insert into sync.claim as c (mapping, value, lane, until)
    select mapping, value, lane, now() + interval '30 seconds'
    from quick, jsonb_to_recordset(${rows(asked)}::text::jsonb) as r(mapping text, value text, lane text) order by mapping, value
    on conflict (mapping, value) do update set lane = excluded.lane, until = excluded.until
      where c.until < now() or c.lane = excluded.lane
    returning mapping, value`;
  const mine = new Set(got.map((row) => `${row.mapping}\0${row.value}`));
  for (const w of asked) if (!mine.has(`${w.mapping}\0${w.value}`)) lanes.delete(w.lane);
  return lanes;
}

/** Gives up the claims of these lanes. */
export function releaseTwins(sql: Sql | Tx, lanes: readonly string[]): Statement | null {
  return lanes.length > 0 ? sql`delete from sync.claim where lane = any(${[...lanes]}::text[])` : null;
}
