import type { Json, MappingName } from '../core/types.ts';
import type { Sql, Tx } from './sql.ts';

/** Places in the sync's own tables where a person's own data stands, with how many rows hold it. */
export interface Traces {
  readonly links: number;
  readonly lineLinks: number;
  readonly events: number;
  readonly deadLetters: number;
  readonly proposals: number;
  readonly issues: number;
  readonly conflicts: number;
  readonly plans: number;
  readonly runSamples: number;
  /** Reasons that people gave for what they did to it. */
  readonly reasons: number;
  /** Pairs that refer to the person and stay: that reference waits from then on, and of a customer's documents every edit. */
  readonly referring: number;
}

/** What is erased. */
export interface ErasedIds {
  /** The links of the person's records, ended ones too. */
  readonly links: readonly string[];
  /** The ids of the records. */
  readonly records: readonly string[];
  /** The lanes of both: of links, and of records that never had one. */
  readonly lanes: readonly string[];
  /** The records with their systems: `crm:Contact:42`. */
  readonly refs: readonly string[];
  /** The pairs, as decisions name them: `contact:42/K00017`. */
  readonly pairs: readonly string[];
}

/** Links that any of these records has or had, in the mappings that stand for the person. */
export function linksOfPerson(
  sql: Sql | Tx,
  mappings: readonly MappingName[],
  ids: readonly string[],
): Promise<
  {
    readonly id: string;
    readonly mapping: MappingName;
    readonly lane: string;
    readonly crmId: string | null;
    readonly erpId: string | null;
    readonly state: string;
    /** No link, but a record that no live link holds. */
    readonly lone: boolean;
  }[]
> {
  return sql`
    select id, mapping, lane, crm_id as "crmId", erp_id as "erpId", state, lone from sync.link
    where mapping = any(${[...mappings]}::text[]) and (crm_id = any(${[...ids]}::text[]) or erp_id = any(${[...ids]}::text[]))
    order by id`;
}

/**
 * Counts what an erasure would empty, but for texts about others.
 *
 * @param fields Those whose agreed value is the link of such a person.
 */
export async function tracesOf(sql: Sql | Tx, ids: ErasedIds, fields: readonly string[]): Promise<Traces> {
  const { links, records, refs } = ids;
  const [l, r, f] = [[...links], [...records], [...fields]];
  const [row] = await sql<Traces[]>`
    select (select count(*) from sync.link where id = any(${l}::text[])) as links,
      (select count(*) from sync.line_link where link_id = any(${l}::text[])) as "lineLinks",
      (select count(*) from sync.event where link_id = any(${l}::text[])) as events,
      (select count(*) from sync.dead_letter where ${ofPerson(sql, ids)} or ${quoting(sql, records)}) as "deadLetters",
      (select count(*) from sync.proposal where link_id = any(${l}::text[]) or candidates::text ~ ${naming(records)}) as proposals,
      (select count(*) from sync.issue where link_id = any(${l}::text[]) or record_id = any(${r}::text[])) as issues,
      (select count(*) from sync.conflict where link_id = any(${l}::text[])) as conflicts,
      (select count(*) from sync.planned_act where act::text ~ ${naming([...links, ...records])}) as plans,
      (select count(*) from sync.run where samples::text ~ ${naming(records)}) as "runSamples",
      (select count(*) from sync.act where ${reasoned(sql, [...links, ...records])}) as reasons,
      (select count(*) from sync.link where state <> 'ended' and id <> all(${l}::text[]) and (
        exists (select 1 from unnest(${f}::text[]) named where agreed ->> named = any(${l}::text[]))
        or id in (select link_id from sync.wait where "on" = any(${[...refs]}::text[])))) as referring`;
  return row!;
}

/** What letters about the person say was asked of the systems and answered by them. */
export function lettersOf(
  sql: Sql | Tx,
  ids: Pick<ErasedIds, 'links' | 'lanes'>,
): Promise<readonly { readonly request: Json; readonly answer: Json }[]> {
  return sql<{ request: Json; answer: Json }[]>`
    select request, answer from sync.dead_letter where ${ofPerson(sql, ids)}`;
}

/** Every value that these links' fields had and that is still kept, by field: as agreed, in history, in findings and where it is about to be written. */
export async function valuesHad(
  sql: Sql | Tx,
  { links, pairs }: Pick<ErasedIds, 'links' | 'pairs'>,
): Promise<readonly { readonly field: string; readonly value: Json }[]> {
  const l = [...links];
  return sql<{ field: string; value: Json }[]>`
    select distinct field, value from (
      select a.key as field, a.value from sync.link, jsonb_each(agreed) a where id = any(${l}::text[])
      union all
      select a.key, a.value from sync.link, jsonb_each(case jsonb_typeof(overlay) when 'object' then overlay else '{}' end) a
      where id = any(${l}::text[])
      union all
      select h ->> 'field', h -> 'value' from sync.link,
        jsonb_array_elements(case jsonb_typeof(held) when 'array' then held else '[]' end) h where id = any(${l}::text[])
      union all
      select f ->> 'field', v.value from sync.event e, jsonb_array_elements(e.fields) f,
        lateral (values (f -> 'before'), (f -> 'after'), (f -> 'lost')) as v(value) where e.link_id = any(${l}::text[])
      union all
      select c.field, v.value from sync.conflict c,
        lateral (values (c.base_crm), (c.base_erp), (c.crm), (c.erp), (c.choice -> 'value')) as v(value)
      where c.link_id = any(${l}::text[])
      union all
      select f ->> 'field', v.value from sync.decision d, jsonb_array_elements(d.changes) f,
        lateral (values (f -> 'before'), (f -> 'after'), (f -> 'lost')) as v(value) where d.pair = any(${[...pairs]}::text[])
      union all
      select field, value from sync.issue where link_id = any(${l}::text[]) and field is not null
    ) as had where value is not null and jsonb_typeof(value) in ('string', 'object', 'number')`;
}

/** Ends the links as tombstones without values: from here on nothing brings the person's data back. */
export async function entomb(
  tx: Sql | Tx,
  links: readonly string[],
  lanes: readonly string[],
): Promise<void> {
  await tx`
    update sync.link set state = 'ended', ended_by = 'erased', agreed = '{}', overlay = null, held = null, waits_for = null,
      flips = null, edits = null, updated_at = now() where id = any(${[...links]}::text[])`;
  await tx`delete from sync.wait where link_id = any(${[...links]}::text[])`;
  await tx`delete from sync.claim where lane = any(${[...lanes]}::text[])`;
}

/**
 * Empties every trace. Ids, times, fields' names, causes and reasons stay, so that the history still tells that and
 * when something happened; the values are gone.
 */
export async function emptyTraces(tx: Sql | Tx, ids: ErasedIds): Promise<void> {
  const { links, records, refs, pairs } = ids;
  const [l, r] = [[...links], [...records]];
  await tx`update sync.line_link set agreed = '{}', overlay = null where link_id = any(${l}::text[])`;
  await tx`
    update sync.event e set detail = case when detail ? 'endedBy' then jsonb_build_object('endedBy', detail -> 'endedBy') end, fields = coalesce((
      select jsonb_agg((f - 'lost') || '{"before":null,"after":null}') from jsonb_array_elements(e.fields) f), '[]')
    where e.link_id = any(${l}::text[]) and e.outcome <> 'erased'`;
  // Another record's letter may quote the person; it is not settled by that.
  await tx`
    update sync.dead_letter set request = null, answer = null, message = 'erased',
      closed_at = case when ${ofPerson(tx, ids)} then coalesce(closed_at, now()) else closed_at end
    where ${ofPerson(tx, ids)} or ${quoting(tx, records)}`;
  await tx`
    update sync.proposal set resolved_at = coalesce(resolved_at, now()), resolved_by = coalesce(resolved_by, 'erased'),
      candidates = (select coalesce(jsonb_agg(jsonb_build_object('id', c -> 'id', 'title', 'erased', 'score', c -> 'score', 'evidence', '[]'::jsonb,
        'linkedTo', c -> 'linkedTo')), '[]') from jsonb_array_elements(candidates) c)
    where link_id = any(${l}::text[])`;
  await tx`
    update sync.proposal p set candidates = (
      select coalesce(jsonb_agg(c) filter (where c ->> 'id' <> all(${r}::text[])), '[]') from jsonb_array_elements(p.candidates) c)
    where candidates::text ~ ${naming(records)} and link_id <> all(${l}::text[])`;
  await tx`
    update sync.issue set value = null, message = 'erased', closed_at = coalesce(closed_at, now())
    where link_id = any(${l}::text[]) or record_id = any(${r}::text[])`;
  await tx`
    update sync.conflict set base_crm = null, base_erp = null, crm = null, erp = null, choice = null,
      resolved_at = coalesce(resolved_at, now()), resolved_by = coalesce(resolved_by, 'erased') where link_id = any(${l}::text[])`;
  await tx`delete from sync.match_key where record = any(${r}::text[])`;
  await tx`delete from sync.decision where pair = any(${[...pairs]}::text[])`;
  await tx`delete from sync.intent where source = any(${[...refs]}::text[])`;
  await tx`delete from sync.planned_act where act::text ~ ${naming([...links, ...records])}`;
  await tx`update sync.act set reason = null where ${reasoned(tx, [...links, ...records])}`;
  await tx`update sync.run set samples = '{}' where samples::text ~ ${naming(records)}`;
}

/** Letters about the person: of a link, or of a record that never had one. */
const ofPerson = (tx: Sql | Tx, { links, lanes }: Pick<ErasedIds, 'links' | 'lanes'>) =>
  tx`(link_id = any(${[...links]}::text[]) or lane = any(${[...lanes]}::text[]))`;

/** Letters whose request or answer names one of these records. */
const quoting = (tx: Sql | Tx, records: readonly string[]) =>
  tx`concat(request::text, answer::text) ~ ${naming(records)}`;

/**
 * Takes the reason of an erasure away where it holds one of these words of the person, in lower case; without words nobody
 * can tell any more. Else it stays: it is about the request.
 */
export async function emptyOwnReason(
  tx: Sql | Tx,
  records: readonly string[],
  words: readonly string[],
): Promise<void> {
  await tx`
    update sync.act set reason = null
    where name = 'erase' and subject::text ~ ${naming(records)}
      and (${words.length === 0} or lower(reason) like any(${words.map((word) => `%${word}%`)}::text[]))`;
}

/** Acts on any of these ids with a reason that may name the person; that of the erasure itself is looked at by its words. */
const reasoned = (tx: Sql | Tx, ids: readonly string[]) =>
  tx`reason is not null and name <> 'erase' and (link_id = any(${[...ids]}::text[]) or subject::text ~ ${naming(ids)})`;

/**
 * For JSON that names one of these ids, as a text of its own or within one such as `crm:Contact:42` or `Link_42`. Not as a
 * part of another id, nor as a number: of a system whose ids are short anything would name it.
 */
const naming = (ids: readonly string[]): string =>
  ids.length === 0
    ? 'a^'
    : `[":/_](${ids.map((id) => id.replaceAll(/[^\p{L}\p{N}_-]/gu, String.raw`\$&`)).join('|')})["/]`;
