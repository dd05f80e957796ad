import type { MappingName, Side } from '../core/types.ts';
import { conflictPath } from './conflicts.ts';
import type { LinkState } from './links.ts';
import { rows, type Sql } from './sql.ts';

/** How a record stands with the sync: its live link where it has one, else how its last one ended. */
export interface Standing {
  readonly id: string;
  readonly linkId: string;
  readonly mapping: MappingName;
  readonly lane: string;
  readonly state: LinkState;
  readonly endedBy: string | null;
  readonly crmId: string | null;
  readonly erpId: string | null;
  /** Version of the record when the link last saw it. */
  readonly version: string | null;
}

/** How these records of one side stand, by id. Live links go before ended ones, newer before older. */
export async function standingOf(
  sql: Sql,
  side: Side,
  mappings: readonly MappingName[],
  ids: readonly string[],
): Promise<ReadonlyMap<string, Standing>> {
  if (ids.length === 0) return new Map();
  const idOf = side === 'crm' ? sql`l.crm_id` : sql`l.erp_id`;
  const versionOf = side === 'crm' ? sql`l.crm_version` : sql`l.erp_version`;
  const found = await sql<Standing[]>`
    select distinct on (r.id) r.id, l.id as "linkId", l.mapping, l.lane, l.state, l.ended_by as "endedBy", l.crm_id as "crmId",
      l.erp_id as "erpId", ${versionOf} as version
    from jsonb_to_recordset(${rows(ids.map((id) => ({ id })))}::text::jsonb) as r(id text)
    join sync.link l on ${idOf} = r.id and l.mapping = any(${[...mappings]}::text[]) and not l.lone
    order by r.id, l.state = 'ended', (l.crm_id is null or l.erp_id is null), l.id desc`;
  return new Map(found.map((row) => [row.id, row]));
}

/** A live link as reconciliation compares it with both systems. */
export interface LinkStanding {
  readonly id: string;
  readonly lane: string;
  readonly state: LinkState;
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly crmVersion: string | null;
  readonly erpVersion: string | null;
  /** A lane waits for a worker or is being worked on: what moved is known already. */
  readonly queued: boolean;
}

/** Live links of a flow in id order. */
export function linksAfter(
  sql: Sql,
  mapping: MappingName,
  after: string,
  most: number,
): Promise<LinkStanding[]> {
  return sql<LinkStanding[]>`
    select l.id, l.lane, l.state, l.crm_id as "crmId", l.erp_id as "erpId", l.crm_version as "crmVersion",
      l.erp_version as "erpVersion", exists (select 1 from sync.lane q where q.key = l.lane) as queued
    from sync.link l where l.mapping = ${mapping} and l.id > ${after} and l.state <> 'ended' and not l.closed
    order by l.id limit ${most}`;
}

/** What of these links is listed: the paths (as `conflictPath` says them) of the fields in an open conflict or held. */
export async function listedOf(
  sql: Sql,
  links: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  if (links.length === 0) return new Map();
  const found = await sql<{ link: string; line: string; field: string }[]>`
    select link_id as link, line, field from sync.conflict
    where link_id = any(${[...links]}::text[]) and resolved_at is null
    union all
    select l.id, coalesce(h ->> 'line', ''), h ->> 'field'
    from sync.link l cross join lateral jsonb_array_elements(l.held) h where l.id = any(${[...links]}::text[])`;
  const byLink = Map.groupBy(found, ({ link }) => link);
  return new Map(
    [...byLink].map(([link, rows]) => [
      link,
      new Set(rows.map(({ line, field }) => conflictPath(line, field))),
    ]),
  );
}

/** Lanes of these names that are in the queue. */
export async function queuedAmong(sql: Sql, keys: readonly string[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const found = await sql<{ key: string }[]>`select key from sync.lane where key = any(${[...keys]}::text[])`;
  return new Set(found.map((row) => row.key));
}
