import type postgres from 'postgres';
import type { Held, Json, Side, Values } from '../../sync/index.ts';

/** The raw client: bigint is a number, exact values and instants are strings. */
export type Sql = postgres.Sql<{ bigint: number }>;

/** A stored link, which is also the unified record of its mapping. */
export interface LinkRow {
  /** Set on rows of unified records, for abstract types and references. */
  __typename?: string;
  readonly id: string;
  readonly mapping: string;
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly lane: string;
  readonly state: string;
  readonly paused: boolean;
  readonly linkedBy: { readonly kind: string; readonly key?: string; readonly score?: number };
  readonly agreed: Values;
  readonly overlay: Partial<Readonly<Record<Side, Values>>> | null;
  readonly based: boolean;
  /** Of a quote: the values of its link with the ERP order. */
  readonly deal: Values | null;
  readonly crmArchived: boolean;
  readonly erpArchived: boolean;
  readonly held: readonly Held[] | null;
  readonly waitsFor: readonly { readonly on: string; readonly reason: string }[] | null;
  readonly endedBy: string | null;
  /** No link, but a record that no live link holds. */
  readonly lone: boolean;
  /** The id of its unified record, where that is older than the row. A lone record that is not shown has none. */
  readonly record: string | null;
  /** Of a lone record: the link that it had, if it had one. */
  readonly endedLink: string | null;
  readonly syncedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The id of the unified record that a row shows: that of its first link, as long as one of the records lives on. */
export const recordIdOf = ({ id, record }: Pick<LinkRow, 'id' | 'record'>): string => record ?? id;

/** Whether a row stands for a record that can be shown: a live link, or a lone record, that has been read at least once. */
export function isShown({ state, lone, record, agreed }: LinkRow): boolean {
  const isRead = Object.keys(agreed).length > 0;
  return state === 'ended' ? lone && record !== null && isRead : state !== 'pending' || isRead;
}

/**
 * The same of row `l` in SQL: a lone record is shown unless a live link has it. That is looked up per lone record: as a
 * join the planner would read all live links for the few that there are.
 */
export const shownOf = `(l.state <> 'ended' or l.record is not null) and (case
  when l.state <> 'ended' then l.state <> 'pending' or l.agreed <> '{}'
  else l.lone and l.agreed <> '{}' and ${liveWith('crm_id')} is null and ${liveWith('erp_id')} is null end)`;

function liveWith(id: 'crm_id' | 'erp_id'): string {
  return `(select t.id from sync.link t where t.${id} = l.${id} and t.mapping = l.mapping and t.state <> 'ended' limit 1)`;
}

/** The values of the quote's link with its ERP order; `l` is the quote. */
export const dealOf = `(select q.agreed from sync.link q
  where q.mapping = 'quoteOrder' and q.crm_id = l.crm_id and q.state <> 'ended' limit 1)`;

/** Where the work of link `l` waits, or that of its record where it has none. */
const laneOf = `case when l.lone then 'rec:' || case when l.crm_id is null then 'erp:' else 'crm:' end
  || initcap(l.mapping) || ':' || coalesce(l.crm_id, l.erp_id) else l.lane end`;

/** Whether the flow of link `l` is paused, or one of its deal for which something would have to be written. */
export const pausedOf = `(exists (select 1 from sync.flow f where f.paused) and (
  case l.mapping when 'user' then 'userOrder' else l.mapping end in (select f.mapping from sync.flow f where f.paused)
  or ${laneOf} in (select w.key from sync.flow f join sync.lane w on w.mapping = f.mapping where f.paused)))`;

/**
 * All by which other records name the row `p.parent` of a type: the ids that it answers to, which are those of its records'
 * links, ended ones too, but for those that answer with another row, since that has their CRM record now; and its records
 * themselves, by which they are named as long as they have no counterpart.
 */
export const idsOf = ({ crm, erp }: { readonly crm: string; readonly erp: string }): string => `
  select a.id from sync.link r join sync.link a on a.crm_id = r.crm_id and a.mapping = r.mapping where r.id = p.parent
  union all select a.id from sync.link r join sync.link a on a.erp_id = r.erp_id and a.mapping = r.mapping
  where r.id = p.parent and not exists (select 1 from sync.link t
    where t.crm_id = a.crm_id and t.mapping = a.mapping and (t.state <> 'ended' or (t.lone and t.record is not null)))
  union all select '?crm:${crm}:' || r.crm_id from sync.link r where r.id = p.parent
  union all select '?erp:${erp}:' || r.erp_id from sync.link r where r.id = p.parent`;

/** The columns of a LinkRow from `sync.link l`. */
export const linkColumns = `l.id, l.mapping, l.crm_id as "crmId", l.erp_id as "erpId", l.lane, l.state, ${pausedOf} as paused,
  l.linked_by as "linkedBy", l.agreed, l.overlay, l.based,
  case when l.mapping = 'quote' then ${dealOf} end as deal,
  l.crm_archived as "crmArchived", l.erp_archived as "erpArchived", l.held, l.waits_for as "waitsFor",
  l.ended_by as "endedBy", l.lone, l.record, l.ended_link as "endedLink", l.synced_at as "syncedAt", l.created_at as "createdAt", l.updated_at as "updatedAt"`;

/** A stored pair of lines. */
export interface LineRow {
  readonly id: string;
  /** The document that shows it. */
  readonly of: string;
  readonly mapping: string;
  readonly crmLineId: string | null;
  readonly erpLineId: string | null;
  /** Place among the document's lines, from 1. */
  readonly place: number;
  readonly agreed: Values;
}

/** A line of the event log. */
export interface EventRow {
  __typename?: string;
  readonly id: string;
  readonly cursor: string | null;
  readonly at: string;
  readonly mapping: string;
  readonly linkId: string | null;
  readonly outcome: string;
  readonly cause: {
    readonly kind: string;
    readonly id?: string;
    readonly side?: string;
    readonly actor?: string;
    readonly at?: string;
  };
  readonly fields: readonly {
    readonly field: string;
    readonly line?: string;
    readonly side: Side;
    readonly before: Json;
    readonly after: Json;
    readonly winner: Side | null;
    readonly why: string;
    readonly lost?: Json;
  }[];
  readonly detail: Readonly<Record<string, Json>> | null;
  readonly attempt: number;
  readonly correlationId: string;
}

/** The columns of an EventRow from `sync.event e`. */
export const eventColumns = `e.id, e.pos::text as cursor, e.at, e.mapping, e.link_id as "linkId", e.outcome, e.cause, e.fields,
  e.detail, e.attempt, e.correlation_id as "correlationId"`;

/**
 * A stored value as the graph shows it. A placeholder stands for a value that has no normal form, or for a record
 * that is not linked yet; it is none of the graph's business.
 */
export function shown(value: Json | undefined): Json {
  if (value === undefined) return null;
  return typeof value === 'string' && /^\?(crm|erp):/.test(value) ? null : value;
}
