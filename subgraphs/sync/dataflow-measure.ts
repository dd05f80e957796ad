import type { Json } from '../../sync/index.ts';
import type { Sql } from './rows.ts';

/** How often a property is shown differently by the two sides of a pair, with examples. */
export interface Measured {
  readonly notEqual: number;
  readonly last: string | null;
  readonly examples: readonly { readonly linkId: string; readonly crm: Json; readonly erp: Json }[];
}

/** Pairs and pairs of lines per mapping, and what differs, keyed `order.lines.quantity`. */
export interface Measures {
  readonly pairs: ReadonlyMap<string, { readonly links: number; readonly lines: number }>;
  readonly fields: ReadonlyMap<string, Measured>;
}

/**
 * Measures over the stored bases, in two statements: a base keeps where its sides differ, so equal pairs cost
 * nothing but being counted. A field in conflict, or one that cannot travel, is not equal either.
 */
export async function measure(sql: Sql, mappings: readonly string[]): Promise<Measures> {
  const pair = sql`l.mapping = any(${[...mappings]}::text[]) and l.based and l.state <> 'ended'
    and l.crm_id is not null and l.erp_id is not null`;
  const [pairs, differing] = await Promise.all([
    sql<{ mapping: string; links: number; lines: number }[]>`
      select l.mapping, count(*) as links, coalesce(sum(x.n), 0)::bigint as lines
      from sync.link l left join (
        select link_id, count(*) as n from sync.line_link where based and not ended group by 1
      ) x on x.link_id = l.id
      where ${pair} group by 1`,
    sql<(Measured & { mapping: string; of: string; field: string })[]>`
      with different as (
        select l.mapping, 'links' as of, k.field, l.id, l.updated_at as at,
          coalesce(l.overlay -> 'crm' -> k.field, l.agreed -> k.field) as crm,
          coalesce(l.overlay -> 'erp' -> k.field, l.agreed -> k.field) as erp
        from sync.link l cross join lateral (
          select jsonb_object_keys(coalesce(l.overlay -> 'crm', '{}')) as field
          union select jsonb_object_keys(coalesce(l.overlay -> 'erp', '{}'))
          union select h ->> 'field' from jsonb_array_elements(coalesce(l.held, '[]')) h where h ->> 'line' is null
          union select c.field from sync.conflict c where c.link_id = l.id and c.line = '' and c.resolved_at is null
        ) k
        where ${pair} and (l.overlay is not null or l.held is not null or l.state = 'conflict')
        union all
        select l.mapping, 'lines', k.field, l.id, l.updated_at,
          coalesce(x.overlay -> 'crm' -> k.field, x.agreed -> k.field),
          coalesce(x.overlay -> 'erp' -> k.field, x.agreed -> k.field)
        from sync.line_link x join sync.link l on l.id = x.link_id cross join lateral (
          select jsonb_object_keys(coalesce(x.overlay -> 'crm', '{}')) as field
          union select jsonb_object_keys(coalesce(x.overlay -> 'erp', '{}'))
        ) k
        where ${pair} and x.based and not x.ended and x.overlay is not null
      ), ranked as (
        select *, row_number() over (partition by mapping, of, field order by at desc) as n from different
      )
      select mapping, of, field, count(*) as "notEqual", max(at) as last,
        jsonb_agg(jsonb_build_object('linkId', id, 'crm', crm, 'erp', erp) order by n) filter (where n <= 3) as examples
      from ranked group by 1, 2, 3`,
  ]);
  return {
    pairs: new Map(pairs.map((row) => [row.mapping, row])),
    fields: new Map(differing.map((row) => [`${row.mapping}.${row.of}.${row.field}`, row])),
  };
}
