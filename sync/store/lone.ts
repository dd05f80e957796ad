import type { MappingName, Side, Values } from '../core/types.ts';
import { lives, rows, type Sql, type Statement, type Tx } from './sql.ts';

/**
 * A record that no live link holds, with what it showed last. It is kept in a row of its own beside the link it had, if
 * it had one: that one keeps its base, should its end be taken back.
 */
export interface LoneRecord {
  /** Of its row, where there is none yet. */
  readonly id: string;
  readonly mapping: MappingName;
  readonly side: Side;
  readonly recordId: string;
  /** The link that ended; null where it never had one. */
  readonly endedLink: string | null;
  /** The link as whose unified record it goes on, unless another record does already; null where it has one of its own. */
  readonly record: string | null;
  readonly values: Values;
  /** Null where it is not known as of a version. */
  readonly version: string | null;
  readonly archived: boolean;
  /** Of a document; `id` where its row has none for the line yet. */
  readonly lines: readonly { readonly id: string; readonly lineId: string; readonly values: Values }[] | null;
}

// Steps, looks and acts write the rows of several records in one transaction. Whoever does takes them in one order, `inOrder`:
// in that of a list or of the table, two of them would wait for each other.

// What the planner knows of lone rows is as old as what it knows of living links (`lives`): their conditions, too, are put in
// words that no index knows.

/**
 * The statements that show records as they are now, unless a live link has them: to be sent in this order, behind what ended
 * or stored their links.
 */
export function savingLone(tx: Tx | Sql, lone: readonly LoneRecord[]): readonly Statement[] {
  if (lone.length === 0) return [];
  const documents = lone.filter(({ lines }) => lines !== null);
  return [saveRecords(tx, lone), ...(documents.length > 0 ? [saveLines(tx, documents)] : [])];
}

function saveRecords(tx: Tx | Sql, lone: readonly LoneRecord[]): Statement {
  const list = lone.map(({ lines: _, ...record }) => record);
  return tx`
    insert into sync.link as l (id, mapping, crm_id, erp_id, lane, state, linked_by, agreed, crm_version, erp_version,
      crm_archived, erp_archived, lone, ended_link, record)
    select g.id, g.mapping, case g.side when 'crm' then g."recordId" end, case g.side when 'erp' then g."recordId" end,
      'link:' || g.id, 'ended', '{"kind":"create"}', g.values, case g.side when 'crm' then g.version end,
      case g.side when 'erp' then g.version end, g.side = 'crm' and g.archived, g.side = 'erp' and g.archived, true, g."endedLink",
      coalesce(s.record, g.id)
    from jsonb_to_recordset(${rows(list)}::text::jsonb) as g(id text, mapping text, side text, "recordId" text, "endedLink" text,
      record text, values jsonb, version text, archived boolean)
    left join lateral (
      select coalesce(e.record, e.id) as record from sync.link e where e.id = g.record and not exists (
        select 1 from sync.link o where o.mapping = g.mapping and coalesce(o.record, o.id) = coalesce(e.record, e.id)
          and (o.state <> 'ended' or o.record is not null) and (o.state <> 'ended' or o.lone)
          and ((o.crm_id is null) <> (g.side = 'erp') or coalesce(o.crm_id, o.erp_id) <> g."recordId"))
    ) s on true
    where not exists (select 1 from sync.link t where t.mapping = g.mapping and ${lives(tx, 't')} and g.side = 'crm' and t.crm_id = g."recordId")
      and not exists (select 1 from sync.link t where t.mapping = g.mapping and ${lives(tx, 't')} and g.side = 'erp' and t.erp_id = g."recordId")
    order by g.mapping, g.side, g."recordId"
    on conflict (mapping, (crm_id is null), (coalesce(crm_id, erp_id))) where lone do update set
      agreed = excluded.agreed, crm_version = excluded.crm_version, erp_version = excluded.erp_version,
      crm_archived = excluded.crm_archived, erp_archived = excluded.erp_archived,
      ended_link = coalesce(excluded.ended_link, l.ended_link),
      record = coalesce(l.record, case when excluded.record = excluded.id then l.id else excluded.record end), updated_at = now()`;
}

/** A line that was shown before keeps its row; one that is gone goes. */
function saveLines(tx: Tx | Sql, documents: readonly LoneRecord[]): Statement {
  const list = documents.map(({ mapping, side, recordId, lines }) => ({ mapping, side, recordId, lines }));
  return tx`
    with document as (
      select l.id, g.side, g.lines
      from jsonb_to_recordset(${rows(list)}::text::jsonb) as g(mapping text, side text, "recordId" text, lines jsonb)
      join sync.link l on l.mapping = g.mapping and (l.crm_id is null) = (g.side = 'erp')
        and coalesce(l.crm_id, l.erp_id) = g."recordId" and l.lone
      ${inOrder(tx)}
    ), line as (
      select d.id as link, d.side, x.id, x."lineId", x.values, x.n::int as position from document d
      cross join rows from (jsonb_to_recordset(d.lines) as (id text, "lineId" text, values jsonb)) with ordinality
        as x(id, "lineId", values, n)
    ), shown as (
      update sync.line_link o set agreed = line.values, position = line.position from line
      where o.link_id = line.link and coalesce(o.crm_line_id, o.erp_line_id) = line."lineId"
      returning o.id
    ), added as (
      insert into sync.line_link (id, link_id, crm_line_id, erp_line_id, position, agreed, based)
      select id, link, case side when 'crm' then "lineId" end, case side when 'erp' then "lineId" end, position, values, false
      from line where not exists (
        select 1 from sync.line_link o where o.link_id = line.link and coalesce(o.crm_line_id, o.erp_line_id) = line."lineId")
    )
    delete from sync.line_link o using document d where o.link_id = d.id and not exists (
      select 1 from line where line.link = d.id and line."lineId" = coalesce(o.crm_line_id, o.erp_line_id))`;
}

/** Locks the lone rows of a statement, `l`, one after the other in the order in which `saveRecords` writes them. */
const inOrder = (tx: Tx | Sql): Statement => tx`
  order by l.mapping, case when l.crm_id is null then 'erp' else 'crm' end, coalesce(l.crm_id, l.erp_id) for update of l`;

/** Which of these records are shown alone, and as of which version; null where that is not known. */
export async function shownAlone(
  sql: Sql,
  mapping: MappingName,
  side: Side,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  if (ids.length === 0) return new Map();
  const found = await sql<{ id: string; version: string | null }[]>`
    select coalesce(crm_id, erp_id) as id, coalesce(crm_version, erp_version) as version from sync.link
    where lone and record is not null and mapping = ${mapping} and (crm_id is null) = ${side === 'erp'}
      and coalesce(crm_id, erp_id) = any(${[...ids]}::text[])`;
  return new Map(found.map(({ id, version }) => [id, version]));
}

/** Flows between records that have flows of their own (`between` in their mappings): these show them alone. */
export const flowsBetween: readonly MappingName[] = ['userOrder', 'quoteOrder'];

/**
 * Whether a flow shows records alone. Of one that does not none are looked for: a user has a link for each of his orders,
 * and all of them would be read for each that is added.
 */
export const standsAlone = (sql: Tx | Sql, of: 'l' | 'r' | 'g'): Statement =>
  sql`${sql.unsafe(of)}.mapping <> all(${[...flowsBetween]}::text[])`;

/**
 * Records that live links hold, or that ended with theirs, are not shown alone. A row stays for its id alone, where that
 * was handed out and does not go on with a link's CRM record: with an ERP record only, a link still lets it go for the
 * id of the CRM record that it takes over.
 */
export function hideLone(tx: Tx | Sql, held: readonly Held[]): Statement {
  const list = held.map(({ mapping, crmId, erpId }) => ({ mapping, crm: crmId, erp: erpId }));
  return tx`
    with found as materialized (
      select l.id
      from jsonb_to_recordset(${rows(list)}::text::jsonb) as g(mapping text, crm text, erp text)
      cross join lateral (
        select c.id from sync.link c where c.crm_id = g.crm and c.mapping = g.mapping and c.lone and ${standsAlone(tx, 'g')}
        union all
        select e.id from sync.link e where e.erp_id = g.erp and e.mapping = g.mapping and e.lone and ${standsAlone(tx, 'g')}
      ) l
    ), mine as materialized (
      select l.id, l.mapping, l.crm_id, l.record from found join sync.link l using (id)
      ${inOrder(tx)}
    ), held as (
      select l.id, l.mapping, (l.crm_id is not null and coalesce(l.record, l.id) <> l.id) or taken.over as known
      from mine l
      -- Counted: an exists may be answered by reading the whole table.
      cross join lateral (
        select count(*) > 0 as over from sync.link o where o.mapping = l.mapping and coalesce(o.record, o.id) = l.id
          and o.record is not null and o.lone is not true and (o.crm_id is null) is not true
      ) taken
    ), forgotten as (
      delete from sync.link l using held where l.id = held.id and held.known
    ), hidden as (
      update sync.link l set record = null, agreed = '{}' from held where l.id = held.id and not held.known and l.record is not null
    )
    delete from sync.line_link x using held where x.link_id = held.id and held.mapping in ('quote', 'order')`;
}

/** The records of a link. */
interface Held {
  readonly mapping: MappingName;
  readonly crmId: string | null;
  readonly erpId: string | null;
}

/** Forgets lone records that are gone; null where there are none. */
export function dropLone(
  tx: Tx | Sql,
  gone: readonly Pick<LoneRecord, 'mapping' | 'side' | 'recordId'>[],
): Statement | null {
  if (gone.length === 0) return null;
  return tx`
    with mine as materialized (
      select l.id from jsonb_to_recordset(${rows(gone)}::text::jsonb) as g(mapping text, side text, "recordId" text)
      join sync.link l on l.mapping = g.mapping and (l.crm_id is null) = (g.side = 'erp')
        and coalesce(l.crm_id, l.erp_id) = g."recordId" and l.lone
      ${inOrder(tx)}
    )
    delete from sync.link l using mine where l.id = mine.id`;
}
