import type { Base, Conflict, Held, Json, LineLink, MappingName, Side, Values } from '../core/types.ts';
import { listed, type Sql, type Tx } from './sql.ts';

/** How a link came to be. */
export interface LinkedBy {
  /** `proposal`: candidates are known, and a person has not decided yet. */
  readonly kind: 'match' | 'create' | 'manual' | 'proposal';
  readonly key?: string;
  readonly score?: number;
  /** A person had the counterpart made, whatever the record looks like: it is looked for no more. */
  readonly decided?: true;
}

/** What holds a record back as a whole. */
export interface Blocker {
  /** `crm:Customer:42`, or `text:GTXPro` for a product nobody knows: what has to be linked first. */
  readonly on: string;
  readonly reason: string;
}

/** A stored link with all that a step needs; `fresh` rows are not stored yet. */
export interface LinkRow {
  readonly id: string;
  readonly mapping: MappingName;
  readonly lane: string;
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly state: LinkState;
  readonly linkedBy: LinkedBy;
  readonly base: Base | null;
  /** What the unified record shows. */
  readonly agreed: Values;
  readonly crmVersion: string | null;
  readonly erpVersion: string | null;
  readonly crmArchived: boolean;
  readonly erpArchived: boolean;
  readonly held: readonly Held[];
  readonly waitsFor: readonly Blocker[];
  readonly flips: Flips;
  readonly edits: Edits;
  readonly closed: boolean;
  readonly endedBy: string | null;
  readonly synced: boolean;
  /** Milliseconds since it was last recorded as in step; null before the first time. */
  readonly syncedAgoMs: number | null;
  readonly lines: readonly LineLink[];
}

/**
 * Fields that were written now on one side and now on the other, by field: how often in a row, where last, when (ms), and
 * a digest of the value that this replaced.
 */
export type Flips = Readonly<
  Record<string, { readonly n: number; readonly side: Side; readonly at: number; readonly was?: string }>
>;

/**
 * Values that stand on a side and are not agreed yet, by field. As long as the same one stands there it is that edit,
 * whenever the record was written since.
 */
export type Edits = Partial<Readonly<Record<Side, Readonly<Record<string, Edit>>>>>;

/** When an edit was made, in ms by our clock, the native value, and whose it is, where that is known. */
interface Edit {
  readonly at: number;
  readonly value: Json;
  readonly by?: string;
}

export type LinkState = 'pending' | 'waiting' | 'synced' | 'conflict' | 'failed' | 'ended';

interface Stored {
  readonly id: string;
  readonly mapping: MappingName;
  readonly lane: string;
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly state: LinkState;
  readonly linkedBy: LinkedBy;
  readonly agreed: Values;
  readonly overlay: Partial<Base> | null;
  readonly based: boolean;
  readonly crmVersion: string | null;
  readonly erpVersion: string | null;
  readonly crmArchived: boolean;
  readonly erpArchived: boolean;
  readonly held: readonly Held[] | null;
  readonly waitsFor: readonly Blocker[] | null;
  readonly flips: Flips | null;
  readonly edits: Edits | null;
  readonly closed: boolean;
  readonly endedBy: string | null;
  readonly synced: boolean;
  readonly syncedAgoMs: number | null;
  readonly lines:
    | readonly {
        readonly id: string;
        readonly crm: string | null;
        readonly erp: string | null;
        readonly agreed: Values;
        readonly overlay: Partial<Base> | null;
        readonly based: boolean;
        readonly ended: boolean;
      }[]
    | null;
}

function fromStored(row: Stored): LinkRow {
  return {
    ...row,
    base: baseOf(row),
    held: row.held ?? [],
    waitsFor: row.waitsFor ?? [],
    flips: row.flips ?? {},
    edits: row.edits ?? {},
    lines: (row.lines ?? []).map((line) => ({
      id: line.id,
      crmLineId: line.crm,
      erpLineId: line.erp,
      base: baseOf(line),
      ended: line.ended,
    })),
  };
}

function baseOf(row: Pick<Stored, 'agreed' | 'overlay' | 'based'>): Base | null {
  if (!row.based) return null;
  const side = (name: Side): Values =>
    row.overlay?.[name] ? { ...row.agreed, ...row.overlay[name] } : row.agreed;
  return { crm: side('crm'), erp: side('erp') };
}

const columns = (sql: Sql | Tx) => sql`
  l.id, l.mapping, l.lane, l.crm_id as "crmId", l.erp_id as "erpId", l.state, l.linked_by as "linkedBy", l.agreed, l.overlay,
  l.based, l.crm_version as "crmVersion", l.erp_version as "erpVersion", l.crm_archived as "crmArchived",
  l.erp_archived as "erpArchived", l.held, l.waits_for as "waitsFor", l.flips, l.edits, l.closed, l.ended_by as "endedBy",
  l.synced_at is not null as synced, extract(epoch from now() - l.synced_at)::float8 * 1000 as "syncedAgoMs",
  case when l.mapping in ('quote', 'quoteOrder', 'order') then (
    select jsonb_agg(jsonb_build_object('id', x.id, 'crm', x.crm_line_id, 'erp', x.erp_line_id, 'agreed', x.agreed,
      'overlay', x.overlay, 'based', x.based, 'ended', x.ended) order by x.position)
    from sync.line_link x where x.link_id = l.id) end as lines`;

/** Live links of these lanes, with their lines. */
export async function linksOfLanes(sql: Sql | Tx, lanes: readonly string[]): Promise<readonly LinkRow[]> {
  if (lanes.length === 0) return [];
  const found = await sql<Stored[]>`
    select ${columns(sql)} from sync.link l where l.lane = any(${listed(sql, lanes)}) and l.state <> 'ended'`;
  return found.map(fromStored);
}

/** Links by id, ended ones too. */
export async function linksById(sql: Sql | Tx, ids: readonly string[]): Promise<readonly LinkRow[]> {
  if (ids.length === 0) return [];
  const found = await sql<
    Stored[]
  >`select ${columns(sql)} from sync.link l where l.id = any(${listed(sql, ids)})`;
  return found.map(fromStored);
}

/** Per flow, the pairs that live and those that ended in the last minute because a side was gone. */
export async function countLinks(
  sql: Sql | Tx,
  flows: readonly MappingName[],
): Promise<ReadonlyMap<MappingName, { readonly live: number; readonly ended: number }>> {
  const found = await sql<{ mapping: MappingName; live: number; ended: number }[]>`
    select mapping, count(*) filter (where state <> 'ended') as live, count(*) filter (where state = 'ended') as ended
    from sync.link where mapping = any(${[...flows]}::text[])
      and (state <> 'ended' or (ended_by = 'deleted' and updated_at > now() - interval '1 minute'))
    group by mapping`;
  return new Map(found.map((row) => [row.mapping, row]));
}

/** A record of a live pair, and whether it was archived when the pair was last agreed on. */
export interface Sampled {
  readonly id: string;
  readonly archived: boolean;
}

/** Records that some live pairs of a flow have on one side, drawn at random: a sample to judge the flow by. */
export function sampleOf(
  sql: Sql | Tx,
  mapping: MappingName,
  side: Side,
  most: number,
): Promise<readonly Sampled[]> {
  const [id, archived] = side === 'crm' ? [sql`crm_id`, sql`crm_archived`] : [sql`erp_id`, sql`erp_archived`];
  return sql<Sampled[]>`
    select ${id} as id, ${archived} as archived from sync.link
    where mapping = ${mapping} and state <> 'ended' and crm_id is not null and erp_id is not null
    order by random() limit ${most}`;
}

/** Names a record within one mapping. */
export interface MappedRef {
  readonly mapping: MappingName;
  readonly side: Side;
  readonly id: string;
}

/** A link in short: enough to translate references and to find lanes. */
export interface LinkBrief {
  readonly id: string;
  readonly mapping: MappingName;
  readonly lane: string;
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly state: LinkState;
  readonly endedBy: string | null;
  /** Of one that a merge has ended, the link that its records mean from then on. */
  readonly heir: string | null;
  readonly based: boolean;
  /** Whether a person had its counterpart made, or has it made as soon as it can be. */
  readonly decided: boolean;
}

/** Links of these records, newest first, ended ones too. */
export async function linksOfRecords(
  sql: Sql | Tx,
  refs: readonly MappedRef[],
): Promise<readonly LinkBrief[]> {
  if (refs.length === 0) return [];
  const by = (side: Side, what: 'mapping' | 'id') =>
    listed(
      sql,
      refs.filter((ref) => ref.side === side).map((ref) => ref[what]),
    );
  return sql<LinkBrief[]>`
    with found as (
      select l.* from unnest(${by('crm', 'mapping')}, ${by('crm', 'id')}) as r(mapping, id)
      join sync.link l on l.crm_id = r.id and l.mapping = r.mapping and not l.lone
      union all
      select l.* from unnest(${by('erp', 'mapping')}, ${by('erp', 'id')}) as r(mapping, id)
      join sync.link l on l.erp_id = r.id and l.mapping = r.mapping and not l.lone
    )
    select l.id, l.mapping, l.lane, l.crm_id as "crmId", l.erp_id as "erpId", l.state, l.ended_by as "endedBy", l.heir, l.based, l.linked_by ? 'decided' as decided
    from found l order by l.id desc`;
}

/** Links in short by id. */
export async function briefsById(sql: Sql | Tx, ids: readonly string[]): Promise<readonly LinkBrief[]> {
  if (ids.length === 0) return [];
  return sql<LinkBrief[]>`
    select l.id, l.mapping, l.lane, l.crm_id as "crmId", l.erp_id as "erpId", l.state, l.ended_by as "endedBy", l.heir, l.based, l.linked_by ? 'decided' as decided
    from sync.link l where l.id = any(${listed(sql, ids)})`;
}

/** A conflict with who made each edit and when, as the last step left it. */
export type OpenConflict = Conflict & {
  readonly crmBy: string | null;
  readonly erpBy: string | null;
  readonly crmAt: string | null;
  readonly erpAt: string | null;
};
