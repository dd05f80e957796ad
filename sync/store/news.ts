import { comesBefore } from '../core/before.ts';
import type { FeedChange } from '../core/connector.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { MappingName, Side } from '../core/types.ts';
import { lives, rows, type Sql, type Statement } from './sql.ts';

/** Changes of one system's feed, as they ring lanes. */
export interface Told {
  readonly side: Side;
  readonly changes: readonly FeedChange[];
  readonly mappingsOf: (entity: string) => readonly MappingName[];
  /** Which of them are rung behind live work. */
  readonly isBulk: (change: FeedChange) => boolean;
  /** Authors whose changes come in a flood: the cause of what they ring says so. */
  readonly flooding?: ReadonlySet<string | null>;
}

/** The newest change of each record, once per mapping in which it may have a link: the rows that `newsOf` reads. */
export function toldRows({ side, changes, mappingsOf, isBulk, flooding }: Told): readonly object[] {
  const edits = newestOf(changes.filter(({ actor }) => actor !== syncAuthor.actor));
  const all = Map.groupBy(changes, keyOf);
  return [...newestOf(changes).values()].flatMap((change) =>
    mappingsOf(change.entity).map((mapping, i) => ({
      entity: change.entity,
      id: change.id,
      version: change.version,
      edited: edits.get(keyOf(change))?.at,
      times: all.get(keyOf(change))!.length,
      mapping,
      own: i === 0,
      priority: isBulk(change) ? 1 : 0,
      cause: {
        kind: 'change',
        id: change.cursor,
        side,
        actor: change.actor ?? undefined,
        at: change.at,
        flood: flooding?.has(change.actor) || undefined,
      },
    })),
  );
}

/**
 * Common table expressions, behind one named `quick`, that end with `news`: of these changes, those that bring some, with
 * the lane that each rings and the flow whose news it is there. A change whose version the link already knows brings none.
 * A record without a link rings a lane of its own, `rec:<side>:<entity>:<id>`. Of the links that a record has in one lane,
 * as the documents of a deal have, one flow stands for all: while that rests, the record's news does.
 */
export function newsOf(sql: Sql, side: Side, told: readonly object[]) {
  const idOf = side === 'crm' ? sql`l.crm_id` : sql`l.erp_id`;
  const versionOf = side === 'crm' ? sql`l.crm_version` : sql`l.erp_version`;
  return sql`
    c as (
      select r.* from quick, jsonb_to_recordset(${rows(told)}::text::jsonb)
        as r(entity text, id text, version text, edited text, times int, mapping text, own boolean, priority int, cause jsonb)
    ), met as (
      select c.*, l.lane, l.closed, ${versionOf} as known,
        case when l.id is not null then jsonb_build_object('mapping', l.mapping, 'crmId', l.crm_id, 'erpId', l.erp_id) end as pair
      from c left join sync.link l on l.mapping = c.mapping and ${idOf} = c.id and ${lives(sql, 'l')}
    ), fresh as (
      select coalesce(lane, 'rec:' || ${side}::text || ':' || entity || ':' || id) as key, mapping, entity, id, version, edited, times, priority, cause, pair
      from met m
      where case
        when lane is null then own and not exists (
          select 1 from met o where o.entity = m.entity and o.id = m.id and o.lane is not null and o.mapping <> 'userOrder')
        when closed then false
        when version is null or known is null then true
        when version ~ '^[0-9]+$' and known ~ '^[0-9]+$' then version::numeric > known::numeric
        else version <> known
      end
    ), news as (
      select f.*, min(mapping) over (partition by key, entity, id) as flow from fresh f
    )`;
}

/** The next expression: what is `kept` of the news, by lane. */
export const groupedBy = (sql: Sql, side: Side) => sql`
  grouped as (
    select key, min(mapping) as mapping, min(priority) as priority, (array_agg(cause order by priority))[1] as cause,
      jsonb_object_agg(${side}::text || ':' || entity || ':' || id, version) as rung, jsonb_agg(pair) as pairs,
      coalesce(jsonb_object_agg(${side}::text || ':' || entity || ':' || id, edited) filter (where edited is not null), '{}') as edits
    from kept group by key order by key
  )`;

/** Whether one cursor lies before another, in SQL; null is before all. Cursors that are no numbers cannot be compared: no. */
export const liesBefore = (sql: Sql, one: Statement, other: Statement) => sql`
  (${one} is null or case when ${one} ~ '^[0-9]+$' and ${other} ~ '^[0-9]+$' then ${one}::numeric < ${other}::numeric else false end)`;

/**
 * The newest change of each record: by version, not by place, since a feed may repeat an old one after it. A delete
 * has no version and stands for all: what became of the record is read afresh anyway.
 */
function newestOf(news: readonly FeedChange[]): ReadonlyMap<string, FeedChange> {
  const newest = new Map<string, FeedChange>();
  for (const change of news) {
    const key = keyOf(change);
    const before = newest.get(key);
    if (!before || (before.version !== null && !isOlder(change.version, before.version)))
      newest.set(key, change);
  }
  return newest;
}

const keyOf = ({ entity, id }: FeedChange): string => `${entity}:${id}`;

const isOlder = (version: string | null, than: string): boolean =>
  version !== null && comesBefore(version, than) === true;
