import DataLoader from 'dataloader';
import type { Drift, Sync } from '../../sync/index.ts';
import { type ActRow, actsOfEvents } from './acts.ts';
import { told } from './errors.ts';
import { createRecordLoader, type RecordLoader } from './record-loader.ts';
import {
  type EventRow,
  eventColumns,
  isShown,
  type LineRow,
  type LinkRow,
  linkColumns,
  recordIdOf,
  type Sql,
  shownOf,
} from './rows.ts';
import type { Unified } from './unified.ts';

/** Batches of one request: whatever one level of a selection asks for is read in one statement. */
export interface Loaders {
  /** Links by id, ended ones too. */
  readonly link: DataLoader<string, LinkRow | null>;
  /** What answers to an id of a unified record, or holds a system's record. */
  readonly record: RecordLoader;
  /** The lines of a document's link, in their order. */
  readonly lines: DataLoader<LinkRow, readonly LineRow[], string>;
  /** The order of a quote's deal, and the quote of an order's. */
  readonly orderOfQuote: DataLoader<string, LinkRow | null>;
  readonly quoteOfOrder: DataLoader<string, LinkRow | null>;
  readonly event: DataLoader<string, EventRow | null>;
  /** What a person did that an event came of. */
  readonly actOf: DataLoader<Pick<EventRow, 'id' | 'correlationId' | 'at'>, ActRow | null, string>;
  /** When the oldest work that waits for a link was asked for; null where nothing waits. */
  readonly waitingSince: DataLoader<string, string | null>;
  /** Links compared live. */
  readonly drift: DataLoader<LinkRow, Drift, string>;
  /** Remembers rows that a page has read. */
  remember(rows: readonly LinkRow[]): void;
}

/** Links compared with one read per system: as many as a page has. */
const mostCompared = 100;

/** Loaders for one request. */
export function createLoaders(sql: Sql, unified: Unified, sync: Pick<Sync, 'drift'>): Loaders {
  const columns = sql.unsafe(linkColumns);
  const named = <Row extends LinkRow>(row: Row): Row => {
    const type = unified.ofMapping.get(row.mapping);
    if (type !== undefined) row.__typename = type.name;
    return row;
  };
  const link = new DataLoader<string, LinkRow | null>(async (ids) => {
    const rows = await sql<
      LinkRow[]
    >`select ${columns} from sync.link l where l.id = any(${[...ids]}::text[])`;
    return inOrder(ids, rows.map(named), (row) => row.id);
  });
  const record = createRecordLoader(sql, (row) => {
    link.prime(row.id, named(row));
    return row;
  });
  const remember = (rows: readonly LinkRow[]) => {
    for (const row of rows) {
      link.prime(row.id, named(row));
      const { mapping } = row;
      if (isShown(row)) record.prime({ mapping, called: recordIdOf(row) }, row);
      if (row.state !== 'ended') record.prime({ mapping, called: row.id }, row);
    }
  };
  const remembered = <Row extends LinkRow>(rows: readonly Row[]): readonly Row[] => {
    remember(rows);
    return rows;
  };

  return {
    link,
    record,
    remember,
    // All at once: one by one, those that wait for a system that hangs would take the connections of all else.
    drift: new DataLoader<LinkRow, Drift, string>(
      async (links) => {
        const flows = [...Map.groupBy(links, ({ mapping }) => mapping).values()];
        const found = await told(() => Promise.all(flows.map((own) => sync.drift(own.map(({ id }) => id)))));
        const byId = new Map(found.flatMap((each) => [...each]));
        return links.map(({ id }) => byId.get(id) ?? { fields: [], away: {} });
      },
      { cacheKeyFn: ({ id }) => id, maxBatchSize: mostCompared },
    ),
    // The lines of a proposal are kept with the deal's link between quote and order until its CRM order comes.
    lines: new DataLoader<LinkRow, readonly LineRow[], string>(
      async (documents) => {
        const ids = documents.map((document) => document.id);
        const rows = await sql<LineRow[]>`
          select x.id, d.id as of, case when x.link_id = d.id then d.mapping else 'quoteOrder' end as mapping,
            x.crm_line_id as "crmLineId", x.erp_line_id as "erpLineId", x.agreed,
            row_number() over (partition by d.id order by x.position, x.id)::int as place
          from sync.link d
          cross join lateral (
            select case when d.mapping = 'order' and d.crm_id is null
              and not exists (select 1 from sync.line_link own where own.link_id = d.id)
              then (select q.id from sync.link q
                where q.mapping = 'quoteOrder' and q.erp_id = d.erp_id and q.state <> 'ended' limit 1)
              else d.id end as id
          ) h
          join sync.line_link x on x.link_id = h.id and not x.ended and x.agreed <> '{}'
          where d.id = any(${ids}::text[])
          order by d.id, x.position, x.id`;
        const byDocument = Map.groupBy(rows, (row) => row.of);
        return ids.map((id) => byDocument.get(id) ?? []);
      },
      { cacheKeyFn: (document) => document.id },
    ),
    // A document may have no link any more: it is of the deal that its link was of.
    orderOfQuote: new DataLoader<string, LinkRow | null>(async (quotes) => {
      const rows = await sql<(LinkRow & { of: string })[]>`
        with best as (
          select distinct on (q.id) q.id as of, l.id from sync.link q left join sync.link w on w.id = q.ended_link
          cross join lateral (
            select 0 as place, k.crm_id, k.erp_id from sync.link k where k.mapping = 'order' and k.quote_id = any(array(
              select a.id from sync.link a where a.crm_id = q.crm_id and a.mapping = 'quote'
              union all select q.id union all select '?crm:Quote:' || q.crm_id))
            union all
            select 1, k.crm_id, k.erp_id from sync.link k
            where k.mapping = 'order' and k.lane in (q.lane, w.lane) and k.lane like 'deal:%'
          ) k
          join sync.link l on l.mapping = 'order' and (l.crm_id = k.crm_id or l.erp_id = k.erp_id)
          where q.id = any(${[...quotes]}::text[]) and ${sql.unsafe(shownOf)}
          order by q.id, k.place, l.crm_id is distinct from k.crm_id, l.state = 'ended', l.id
        )
        select b.of, l.* from best b cross join lateral (select ${columns} from sync.link l where l.id = b.id) l`;
      return inOrder(quotes, remembered(rows), (row) => row.of);
    }),
    quoteOfOrder: new DataLoader<string, LinkRow | null>(async (orders) => {
      const rows = await sql<(LinkRow & { of: string })[]>`
        with best as (
          select distinct on (o.id) o.id as of, l.id from sync.link o left join sync.link w on w.id = o.ended_link
          cross join lateral (
            select 0 as place, k.crm_id, k.erp_id from sync.link k where k.id = o.quote_id and k.mapping = 'quote'
            union all
            select 0, substr(o.quote_id, length('?crm:Quote:') + 1), null where o.quote_id like '?crm:Quote:%'
            union all
            select 1, k.crm_id, k.erp_id from sync.link k
            where k.mapping = 'quote' and k.lane in (o.lane, w.lane) and k.lane like 'deal:%'
          ) k
          join sync.link l on l.mapping = 'quote' and (l.crm_id = k.crm_id or l.erp_id = k.erp_id)
          where o.id = any(${[...orders]}::text[]) and ${sql.unsafe(shownOf)}
          order by o.id, k.place, l.crm_id is distinct from k.crm_id, (l.agreed ->> 'revision')::int desc nulls last, l.state = 'ended', l.id
        )
        select b.of, l.* from best b cross join lateral (select ${columns} from sync.link l where l.id = b.id) l`;
      return inOrder(orders, remembered(rows), (row) => row.of);
    }),
    event: new DataLoader<string, EventRow | null>(
      async (ids) => {
        const rows = await sql<EventRow[]>`
        select ${sql.unsafe(eventColumns)} from sync.event e where e.id = any(${[...ids]}::text[])`;
        return inOrder(ids, rows, (row) => row.id);
      },
      { cache: false },
    ),
    actOf: new DataLoader<Pick<EventRow, 'id' | 'correlationId' | 'at'>, ActRow | null, string>(
      (wanted) => actsOfEvents(sql, wanted),
      { cacheKeyFn: ({ id }) => id },
    ),
    waitingSince: new DataLoader<string, string | null>(async (lanes) => {
      const rows = await sql<{ key: string; since: string }[]>`
        select key, enqueued_at as since from sync.lane where key = any(${[...lanes]}::text[])`;
      return inOrder(lanes, rows, (row) => row.key).map((row) => row?.since ?? null);
    }),
  };
}

function inOrder<Row>(
  keys: readonly string[],
  rows: readonly Row[],
  key: (row: Row) => string,
): readonly (Row | null)[] {
  const byKey = new Map(rows.map((row) => [key(row), row]));
  return keys.map((each) => byKey.get(each) ?? null);
}
