import type { Json, Mapping } from '../../sync/index.ts';
import type { Sql } from './rows.ts';

/** How often a property is not in step, with examples. */
export interface Measured {
  readonly notEqual: number;
  /** Pairs in which one side has no opinion: it can't hold the property, or it is not the flow's business at the deal's stage. */
  readonly unchecked: number;
  readonly last: string | null;
  readonly examples: readonly { readonly linkId: string; readonly crm: Json; readonly erp: Json }[];
}

/** Pairs per mapping, those of them that carry lines, and pairs of lines. */
export interface Pairs {
  readonly links: number;
  readonly documents: number;
  readonly lines: number;
}

/** Pairs per mapping, and what differs, keyed `order.lines.quantity`. */
export interface Measures {
  readonly pairs: ReadonlyMap<string, Pairs>;
  readonly fields: ReadonlyMap<string, Measured>;
}

/**
 * Measures over the stored bases, in two statements: a base keeps where its sides differ, so equal pairs cost
 * nothing but being counted. As drift judges: what the sides agreed to show differently is in step; a field in conflict,
 * or one that cannot travel, is not.
 * The lines as a whole are equal where all of them are; once a deal has its CRM order, its lines are that flow's alone.
 */
export async function measure(sql: Sql, mappings: readonly Mapping[]): Promise<Measures> {
  const pair = sql`l.mapping = any(${mappings.map(({ name }) => name)}::text[]) and l.based and l.state <> 'ended'
    and l.crm_id is not null and l.erp_id is not null`;
  const carries = sql`(l.mapping = 'order' or not exists (
    select from sync.link o where o.mapping = 'order' and o.lane = l.lane and o.crm_id is not null and o.state <> 'ended'))`;
  const [pairs, differing] = await Promise.all([
    sql<(Pairs & { mapping: string })[]>`
      select mapping, count(*) as links, count(*) filter (where carries) as documents,
        coalesce(sum(n) filter (where carries), 0)::bigint as lines
      from (
        select l.mapping, x.n, ${carries} as carries
        from sync.link l left join (
          select link_id, count(*) as n from sync.line_link where based and not ended group by 1
        ) x on x.link_id = l.id
        where ${pair}
      ) l group by 1`,
    sql<(Measured & { mapping: string; of: string; field: string })[]>`
      with pairs as (
        select l.* from sync.link l where ${pair}
      ), units as (
        select l.mapping, 'links' as of, l.id as link, l.id as unit, l.updated_at as at, l.agreed, l.overlay
        from pairs l where l.overlay is not null or l.held is not null or l.state = 'conflict'
        union all
        select l.mapping, 'lines', l.id, x.id, l.updated_at, x.agreed, x.overlay
        from sync.line_link x join pairs l on l.id = x.link_id
        where ${carries} and x.based and not x.ended and (x.overlay is not null or l.held is not null or l.state = 'conflict')
      ), told as (
        select u.unit, k.field, 0 as trouble, null::jsonb as crm, null::jsonb as erp
        from units u cross join lateral (
          select jsonb_object_keys(coalesce(u.overlay -> 'crm', '{}')) as field
          union select jsonb_object_keys(coalesce(u.overlay -> 'erp', '{}'))
        ) k
        union all
        select coalesce(h ->> 'line', l.id), h ->> 'field', 1,
          case when o.of = 'crm' then h -> 'value' end, case when o.of = 'erp' then h -> 'value' end
        from pairs l cross join lateral jsonb_array_elements(l.held) h
        -- What does not fit one side is the other's value; a code may be held by the side that has none for it.
        cross join lateral (select case when h ->> 'kind' <> 'unfit' then coalesce(h ->> 'codeOf', h ->> 'side')
          when h ->> 'side' = 'crm' then 'erp' else 'crm' end as of) o
        union all
        select coalesce(nullif(c.line, ''), l.id), c.field, 1, c.crm, c.erp
        from sync.conflict c join pairs l on l.id = c.link_id where c.resolved_at is null
      ), shown as (
        select u.mapping, u.of, u.link, t.field, u.at, t.trouble,
          nullif(coalesce(t.crm, u.overlay -> 'crm' -> t.field, u.agreed -> t.field), 'null') as crm,
          nullif(coalesce(t.erp, u.overlay -> 'erp' -> t.field, u.agreed -> t.field), 'null') as erp
        from (
          select unit, field, max(trouble) as trouble, (array_agg(crm) filter (where crm is not null))[1] as crm,
            (array_agg(erp) filter (where erp is not null))[1] as erp
          from told group by 1, 2
        ) t join units u on u.unit = t.unit
      ), judged as (
        select s.*, s.trouble = 1 as unequal from shown s
      ), counted as (
        select mapping, of, field, link, at, unequal, crm, erp from judged
        union all
        select mapping, 'links', 'lines', link, max(at), true, null, null
        from judged where of = 'lines' and unequal group by mapping, link
      ), ranked as (
        select *, row_number() over (partition by mapping, of, field order by unequal desc, at desc, link) as n from counted
      )
      select mapping, of, field, count(*) filter (where unequal) as "notEqual",
        count(*) filter (where not unequal and (crm is null or erp is null)) as unchecked,
        max(at) filter (where unequal) as last,
        coalesce(jsonb_agg(jsonb_build_object('linkId', link, 'crm', crm, 'erp', erp) order by n)
          filter (where n <= 3 and unequal), '[]') as examples
      from ranked group by 1, 2, 3`,
  ]);
  return {
    pairs: new Map(pairs.map((row) => [row.mapping, row])),
    fields: new Map(differing.map((row) => [`${row.mapping}.${row.of}.${row.field}`, row])),
  };
}
