import { telling } from '../core/told-of.ts';
import type { Json, MappingName } from '../core/types.ts';
import { rows, type Sql, type Tx } from './sql.ts';

/** Places in the sync's own tables where a person's data stands, with how many rows hold it. */
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
  /** Texts about other records that tell of the person. */
  readonly mentions: number;
}

/** What is erased: the links of the person's records, ended ones too, and the ids of the records. */
export interface ErasedIds {
  readonly links: readonly string[];
  readonly records: readonly string[];
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

/** Counts what an erasure would empty. */
export async function tracesOf(
  sql: Sql | Tx,
  { links, records }: ErasedIds,
  expressions: readonly string[],
): Promise<Traces> {
  const [l, r] = [[...links], [...records]];
  const [row] = await sql<Omit<Traces, 'mentions'>[]>`
    select (select count(*) from sync.link where id = any(${l}::text[])) as links,
      (select count(*) from sync.line_link where link_id = any(${l}::text[])) as "lineLinks",
      (select count(*) from sync.event where link_id = any(${l}::text[])) as events,
      (select count(*) from sync.dead_letter where ${ofPerson(sql, { links, records })} or ${quoting(sql, records)}) as "deadLetters",
      (select count(*) from sync.proposal where link_id = any(${l}::text[]) or candidates::text like any(${patterns(records)}::text[])) as proposals,
      (select count(*) from sync.issue where link_id = any(${l}::text[]) or record_id = any(${r}::text[])) as issues,
      (select count(*) from sync.conflict where link_id = any(${l}::text[])) as conflicts,
      (select count(*) from sync.planned_act where act::text like any(${patterns([...links, ...records])}::text[])) as plans,
      (select count(*) from sync.run where samples::text like any(${patterns(records)}::text[])) as "runSamples",
      (select count(*) from sync.act where ${reasoned(sql, [...links, ...records])}) as reasons`;
  return { ...row!, mentions: await mentionsOf(sql, expressions) };
}

/** Free texts, or JSON that holds some, in which a record may be told of that is not the row's own. */
const texts = [
  { table: 'issue', column: 'message' },
  { table: 'dead_letter', column: 'message' },
  { table: 'dead_letter', column: 'request', json: true },
  { table: 'dead_letter', column: 'answer', json: true },
  { table: 'event', column: 'detail', json: true },
  { table: 'conflict', column: 'why' },
  { table: 'act', column: 'reason' },
  { table: 'act', column: 'subject', json: true },
  { table: 'act', column: 'detail', json: true },
  { table: 'flow', column: 'reason' },
] as const;

/** How many rows tell of the person in a free text. */
export async function mentionsOf(sql: Sql | Tx, expressions: readonly string[]): Promise<number> {
  if (expressions.length === 0) return 0;
  const any = expressions.join('|');
  const counts = await Promise.all(
    texts.map(async ({ table, column }) => {
      const [row] = await sql<{ n: number }[]>`
        select count(*) as n from sync.${sql(table)} where ${sql(column)}::text ~* ${any}`;
      return row!.n;
    }),
  );
  return counts.reduce((sum, n) => sum + n, 0);
}

/** Puts `erased` in place of what tells of the person in free texts; the rest of a text stays. */
export async function emptyMentions(tx: Sql | Tx, expressions: readonly string[]): Promise<void> {
  if (expressions.length === 0) return;
  const any = expressions.join('|');
  for (const { table, column, ...of } of texts)
    if ('json' in of) await cleanJson(tx, table, column, expressions);
    else
      await tx`
        update sync.${tx(table)} set ${tx(column)} = regexp_replace(${tx(column)}, ${any}, 'erased', 'gi')
        where ${tx(column)} ~* ${any}`;
}

/** The same in the strings of JSON alone: a number that has the digits of a phone is none. */
async function cleanJson(
  tx: Sql | Tx,
  table: string,
  column: string,
  expressions: readonly string[],
): Promise<void> {
  const found = await tx<{ id: string; value: Json }[]>`
    select id, ${tx(column)} as value from sync.${tx(table)} where ${tx(column)}::text ~* ${expressions.join('|')}`;
  const told = telling(expressions);
  const cleaned = found.map(({ id, value }) => ({
    id,
    value: JSON.parse(JSON.stringify(value), (_, each) =>
      typeof each === 'string' ? each.replace(told, 'erased') : each,
    ) as Json,
  }));
  await tx`
    update sync.${tx(table)} t set ${tx(column)} = r.value
    from jsonb_to_recordset(${rows(cleaned)}::text::jsonb) as r(id text, value jsonb) where r.id = t.id`;
}

/** Every value that these links' fields had and that is still kept, by field: as agreed, in history and in findings. */
export async function valuesHad(
  sql: Sql | Tx,
  links: readonly string[],
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
        lateral (values (c.base_crm), (c.base_erp), (c.crm), (c.erp)) as v(value) where c.link_id = any(${l}::text[])
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
export async function emptyTraces(tx: Sql | Tx, { links, records }: ErasedIds): Promise<void> {
  const [l, r] = [[...links], [...records]];
  await tx`update sync.link set agreed = '{}', overlay = null, held = null, waits_for = null, flips = null, edits = null where id = any(${l}::text[])`;
  await tx`update sync.line_link set agreed = '{}', overlay = null where link_id = any(${l}::text[])`;
  await tx`
    update sync.event e set detail = case when detail ? 'endedBy' then jsonb_build_object('endedBy', detail -> 'endedBy') end, fields = coalesce((
      select jsonb_agg((f - 'lost') || '{"before":null,"after":null}') from jsonb_array_elements(e.fields) f), '[]')
    where e.link_id = any(${l}::text[]) and e.outcome <> 'erased'`;
  // Another record's letter may quote the person; it is not settled by that.
  await tx`
    update sync.dead_letter set request = null, answer = null, message = 'erased',
      closed_at = case when ${ofPerson(tx, { links, records })} then coalesce(closed_at, now()) else closed_at end
    where ${ofPerson(tx, { links, records })} or ${quoting(tx, records)}`;
  await tx`
    update sync.proposal set resolved_at = coalesce(resolved_at, now()), resolved_by = coalesce(resolved_by, 'erased'),
      candidates = (select coalesce(jsonb_agg(jsonb_build_object('id', c -> 'id', 'title', 'erased', 'score', c -> 'score', 'evidence', '[]'::jsonb,
        'linkedTo', c -> 'linkedTo')), '[]') from jsonb_array_elements(candidates) c)
    where link_id = any(${l}::text[])`;
  await tx`
    update sync.proposal p set candidates = (
      select coalesce(jsonb_agg(c) filter (where c ->> 'id' <> all(${r}::text[])), '[]') from jsonb_array_elements(p.candidates) c)
    where candidates::text like any(${patterns(records)}::text[]) and link_id <> all(${l}::text[])`;
  await tx`
    update sync.issue set value = null, message = 'erased', closed_at = coalesce(closed_at, now())
    where link_id = any(${l}::text[]) or record_id = any(${r}::text[])`;
  await tx`
    update sync.conflict set base_crm = null, base_erp = null, crm = null, erp = null, choice = null,
      resolved_at = coalesce(resolved_at, now()), resolved_by = coalesce(resolved_by, 'erased') where link_id = any(${l}::text[])`;
  await tx`delete from sync.match_key where record = any(${r}::text[])`;
  await tx`delete from sync.decision where pair like any(${patterns(records)}::text[])`;
  await tx`delete from sync.intent where source like any(${patterns(records)}::text[])`;
  await tx`delete from sync.planned_act where act::text like any(${patterns([...links, ...records])}::text[])`;
  await tx`update sync.act set reason = null where ${reasoned(tx, [...links, ...records])}`;
  await tx`update sync.run set samples = '{}' where samples::text like any(${patterns(records)}::text[])`;
}

/** Letters about the person: of a link, or of a record that never had one. */
const ofPerson = (tx: Sql | Tx, { links, records }: ErasedIds) =>
  tx`(link_id = any(${[...links]}::text[]) or lane like any(${patterns(records)}::text[]))`;

/** Letters whose request or answer names one of these records. */
const quoting = (tx: Sql | Tx, records: readonly string[]) =>
  tx`concat(request::text, answer::text) like any(${patterns(records)}::text[])`;

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
    where name = 'erase' and subject::text like any(${patterns(records)}::text[])
      and (${words.length === 0} or lower(reason) like any(${patterns(words)}::text[]))`;
}

/** Acts on any of these ids with a reason that may name the person; that of the erasure itself is looked at by its words. */
const reasoned = (tx: Sql | Tx, ids: readonly string[]) =>
  tx`reason is not null and name <> 'erase' and (link_id = any(${[...ids]}::text[]) or subject::text like any(${patterns(ids)}::text[]))`;

const patterns = (ids: readonly string[]): string[] =>
  ids.map((id) => `%${id.replaceAll(/[\\%_]/g, '\\$&')}%`);
