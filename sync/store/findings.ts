import type { Homes } from '../core/home.ts';
import { sides } from '../core/sides.ts';
import type { Json, MappingName, Side } from '../core/types.ts';
import type { Cause } from './lanes.ts';
import type { OpenConflict } from './links.ts';
import { rows, type Sql, type Statement, type Tx, unflushed } from './sql.ts';

/** A decision a person or a rule made on an open conflict, not applied yet. */
export type Choice = { readonly take: Side | 'base' } | { readonly value: Json };

/** Something a person has to know; `key` makes it one however often it happens. */
export interface NewIssue {
  readonly id: string;
  readonly key: string;
  readonly code: string;
  readonly mapping: MappingName;
  readonly linkId: string | null;
  readonly side: Side | null;
  readonly entity: string | null;
  readonly recordId: string | null;
  readonly field: string | null;
  readonly value: Json;
  readonly message: string;
}

/** Decisions that wait to be applied, per link and conflict path (`field` or `lines.<line>.<field>`). */
export async function pendingChoices(
  sql: Sql | Tx,
  linkIds: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, Choice>>>> {
  const found = await sql<{ linkId: string; line: string; field: string; choice: Choice }[]>`
    select link_id as "linkId", line, field, choice from sync.conflict
    where link_id = any(${[...linkIds]}::text[]) and resolved_at is null and choice is not null`;
  const byLink = new Map<string, Record<string, Choice>>();
  for (const { linkId, line, field, choice } of found) {
    const choices = byLink.get(linkId) ?? {};
    choices[conflictPath(line, field)] = choice;
    byLink.set(linkId, choices);
  }
  return byLink;
}

/** The name under which a conflict is decided. */
export function conflictPath(line: string | undefined, field: string): string {
  return line ? `lines.${line}.${field}` : field;
}

/** Makes the open conflicts of these links equal to what the step found: new ones open, cured ones close. */
export function saveConflicts(
  tx: Tx | Sql,
  linkIds: readonly string[],
  open: readonly (OpenConflict & { readonly id: string; readonly linkId: string })[],
): Statement | null {
  const list = open.map((c) => ({
    id: c.id,
    link: c.linkId,
    line: c.line ?? '',
    field: c.field,
    bc: c.base.crm,
    be: c.base.erp,
    crm: c.crm,
    erp: c.erp,
    why: c.why,
    cb: c.crmBy,
    eb: c.erpBy,
    ca: c.crmAt,
    ea: c.erpAt,
  }));
  return tx`
    with n as (
      select * from jsonb_to_recordset(${rows(list)}::text::jsonb) as r(id text, link text, line text, field text,
        bc jsonb, be jsonb, crm jsonb, erp jsonb, why text, cb text, eb text, ca timestamptz, ea timestamptz)
    ), cured as (
      update sync.conflict c set resolved_at = now(), resolved_by = coalesce(c.resolved_by, 'sync')
      where c.link_id = any(${[...linkIds]}::text[]) and c.resolved_at is null
        and not exists (select 1 from n where n.link = c.link_id and n.line = c.line and n.field = c.field)
    )
    insert into sync.conflict as c (id, link_id, line, field, base_crm, base_erp, crm, erp, why, crm_by, erp_by, crm_at, erp_at)
    select id, link, line, field, bc, be, crm, erp, why, cb, eb, ca, ea from n
    on conflict (link_id, line, field) where resolved_at is null do update set
      base_crm = excluded.base_crm, base_erp = excluded.base_erp, crm = excluded.crm, erp = excluded.erp,
      crm_by = case when c.crm is distinct from excluded.crm then excluded.crm_by else c.crm_by end,
      crm_at = case when c.crm is distinct from excluded.crm then excluded.crm_at else c.crm_at end,
      erp_by = case when c.erp is distinct from excluded.erp then excluded.erp_by else c.erp_by end,
      erp_at = case when c.erp is distinct from excluded.erp then excluded.erp_at else c.erp_at end,
      why = excluded.why, choice = null`;
}

/** Opens issues, or counts them once more; issues of these links that are not among them are cured and close. */
export function saveIssues(
  tx: Tx | Sql,
  linkIds: readonly string[],
  issues: readonly NewIssue[],
): Statement | null {
  const unique = new Map(issues.map((issue) => [issue.key, issue]));
  return tx`
    with n as (
      select * from jsonb_to_recordset(${rows([...unique.values()])}::text::jsonb) as r(id text, key text, code text, mapping text,
        "linkId" text, side text, entity text, "recordId" text, field text, value jsonb, message text)
    ), cured as (
      update sync.issue i set closed_at = now()
      where i.link_id = any(${[...linkIds]}::text[]) and i.closed_at is null and i.key not in (select key from n)
    )
    insert into sync.issue as i (id, key, code, mapping, link_id, side, entity, record_id, field, value, message)
    select id, key, code, mapping, "linkId", side, entity, "recordId", field, value, message from n order by key
    on conflict (key) where closed_at is null do update set
      times = i.times + 1, last_at = now(), message = excluded.message, value = excluded.value`;
}

/** Closes the issues of mass changes that nothing waits for any more. */
export async function closeMassIssues(sql: Sql | Tx): Promise<void> {
  await sql`
    update sync.issue i set closed_at = now()
    where i.closed_at is null and i.code = 'MASS_CHANGE' and not exists (select 1 from sync.wait w where w.on = i.key)`;
}

/** Closes the issues of these codes (`paymentTerms:erp:X9`) that no link meets any more: the value was changed, not the list. */
export async function closeUnmapped(sql: Sql, codes: readonly string[]): Promise<void> {
  await sql`
    update sync.issue i set closed_at = now()
    from unnest(${[...codes]}::text[]) as c(code)
    where i.key = 'unmapped:' || c.code and i.closed_at is null
      and not exists (select 1 from sync.wait w where w.on = 'code:' || c.code)`;
}

/** Closes issues about records that were gone: those of these links, which are there again, and those of links that have ended. */
export async function closeGone(sql: Sql, back: readonly string[]): Promise<void> {
  await sql`
    update sync.issue i set closed_at = now() where i.key like 'gone:%' and i.closed_at is null
      and (i.link_id = any(${[...back]}::text[]) or exists (select 1 from sync.link l where l.id = i.link_id and l.state = 'ended'))`;
}

/** What a link waits for: the lane is rung when it comes. */
export interface NewWait {
  readonly linkId: string;
  readonly lane: string;
  readonly on: string;
}

/** Replaces the waits of these links. */
export function saveWaits(
  tx: Tx | Sql,
  linkIds: readonly string[],
  waits: readonly NewWait[],
): Statement | null {
  return tx`
    with n as (
      select distinct on ("linkId", "on") * from jsonb_to_recordset(${rows(waits)}::text::jsonb) as r("linkId" text, lane text, "on" text)
    ), gone as (
      delete from sync.wait w where w.link_id = any(${[...linkIds]}::text[])
        and not exists (select 1 from n where n."linkId" = w.link_id and n."on" = w.on)
    )
    insert into sync.wait (link_id, lane, "on") select "linkId", lane, "on" from n on conflict do nothing`;
}

/** Which of these records something waits for, by their keys. */
export async function waitedFor(sql: Sql, keys: readonly string[]): Promise<readonly string[]> {
  const found = await sql<{ on: string }[]>`
    select distinct w.on from sync.wait w where w.on = any(${[...keys]}::text[])`;
  return found.map((row) => row.on);
}

/** Rings the lanes of those of these records, unlinked in these flows, that something waits for. */
export async function ringWanted(
  sql: Sql,
  mappings: readonly MappingName[],
  records: readonly { readonly key: string; readonly side: Side; readonly id: string }[],
): Promise<void> {
  await sql`
    insert into sync.lane (key, mapping, cause)
    select l.lane, min(l.mapping), '{"kind":"release"}'
    from (select distinct w.on from sync.wait w where w.on = any(${records.map(({ key }) => key)}::text[])) w
    join jsonb_to_recordset(${rows(records)}::text::jsonb) as r(key text, side text, id text) on r.key = w.on
    join sync.link l on l.mapping = any(${[...mappings]}::text[]) and l.state <> 'ended'
      and ((r.side = 'crm' and l.crm_id = r.id and l.erp_id is null)
        or (r.side = 'erp' and l.erp_id = r.id and l.crm_id is null))
    group by l.lane order by l.lane
    on conflict (key) do update set n = lane.n + 1, run_at = least(lane.run_at, now())`;
}

/**
 * The safety net under ringWanted, for a process that died before it rang: rings unlinked records of connected flows
 * that rest although something waits for them. Waits of the last `withinSeconds` alone, null for all of them, since a
 * record that cannot be created for another reason rests again. Returns how many.
 */
export async function ringMissed(
  sql: Sql,
  flows: readonly { readonly name: MappingName; readonly crm: string; readonly erp: string }[],
  withinSeconds: number | null,
): Promise<number> {
  if (flows.length === 0) return 0;
  const rung = await sql`
    insert into sync.lane (key, mapping, cause)
    select l.lane, min(l.mapping), '{"kind":"release"}'
    from sync.wait w
    join jsonb_to_recordset(${rows(flows.map(({ name, crm, erp }) => ({ name, crm, erp })))}::text::jsonb) as f(name text, crm text, erp text)
      on w.on like any(array['crm:' || f.crm || ':%', 'erp:' || f.erp || ':%'])
    join sync.link l on l.mapping = f.name and l.state = 'pending'
      and ((l.erp_id is null and w.on like 'crm:%' and l.crm_id = substr(w.on, length('crm:' || f.crm || ':') + 1))
        or (l.crm_id is null and w.on like 'erp:%' and l.erp_id = substr(w.on, length('erp:' || f.erp || ':') + 1)))
    where ${withinSeconds}::float8 is null
      or w.since between now() - ${withinSeconds}::float8 * interval '1 second' and now() - interval '2 seconds'
    group by l.lane order by l.lane
    on conflict (key) do nothing`;
  return rung.count;
}

/** Rings every lane that waits for one of these things. Returns how many. */
export async function releaseWaiting(tx: Tx | Sql, on: readonly string[], cause: Cause): Promise<number> {
  if (on.length === 0) return 0;
  const rung = await tx`
    insert into sync.lane (key, mapping, cause)
    select w.lane, min(l.mapping), ${JSON.stringify(cause)}::text::jsonb
    from sync.wait w join sync.link l on l.id = w.link_id where w.on = any(${[...on]}::text[])
    group by w.lane order by w.lane
    on conflict (key) do update set n = lane.n + 1, run_at = least(lane.run_at, now())`;
  return rung.count;
}

/**
 * Rings the lanes of these links whose wait is over by now: a link and a wait for it that commit at the same moment do
 * not see each other, so each looks once more after its commit. Null: all that wait for longer than two seconds, the
 * safety net for a process that died in between.
 */
export async function releaseReady(
  sql: Sql,
  homes: Homes,
  linkIds: readonly string[] | null,
  olderThanSeconds = 2,
): Promise<number> {
  if (linkIds?.length === 0) return 0;
  const which = linkIds
    ? sql`link_id = any(${[...linkIds]}::text[])`
    : sql`since <= now() - ${olderThanSeconds} * interval '1 second'`;
  const rung = await sql`
    with w as materialized (
      select lane, link_id, side, entity, substr("on", length(side) + length(entity) + 3) as id, mapping
      from (select lane, link_id, "on", split_part("on", ':', 1) as side, split_part("on", ':', 2) as entity
        from sync.wait where ${which}) as waiting
      left join jsonb_to_recordset(${rows(homesOfEntities(homes))}::text::jsonb) as home(side text, entity text, mapping text)
        using (side, entity)
    ), ready as (
      select w.lane, w.link_id from w join sync.link l on l.crm_id = w.id and l.mapping = w.mapping
      where w.side = 'crm' and l.state <> 'ended' and l.erp_id is not null
      union all
      select w.lane, w.link_id from w join sync.link l on l.erp_id = w.id and l.mapping = w.mapping
      where w.side = 'erp' and l.state <> 'ended' and l.crm_id is not null
      union all
      select w.lane, w.link_id from w join sync.link l on l.id = w.entity
      where w.side = 'link' and l.state <> 'ended' and l.crm_id is not null and l.erp_id is not null
    )
    insert into sync.lane (key, mapping, cause)
    select r.lane, min(l.mapping), '{"kind":"release"}' from ready r join sync.link l on l.id = r.link_id
    group by r.lane order by r.lane
    on conflict (key) do update set n = lane.n + 1, run_at = least(lane.run_at, now())`;
  return rung.count;
}

const homesOfEntities = (homes: Homes): readonly object[] =>
  sides.flatMap((side) =>
    Object.entries(homes[side]).map(([entity, mapping]) => ({ side, entity, mapping })),
  );

/** Claims match-key values for creations in flight. Returns the lanes that got all of theirs; the others come later. */
export async function claimTwins(
  sql: Sql,
  wanted: readonly { readonly mapping: MappingName; readonly value: string; readonly lane: string }[],
): Promise<ReadonlySet<string>> {
  const lanes = new Set(wanted.map((w) => w.lane));
  if (wanted.length === 0) return lanes;
  const unique = new Map<string, (typeof wanted)[number]>();
  for (const w of wanted) {
    const key = `${w.mapping}\0${w.value}`;
    if (unique.has(key) && unique.get(key)!.lane !== w.lane) lanes.delete(w.lane);
    else unique.set(key, w);
  }
  const asked = [...unique.values()].filter((w) => lanes.has(w.lane));
  const got = await sql<{ mapping: string; value: string }[]>`
    with quick as materialized (${unflushed(sql)})
    insert into sync.claim as c (mapping, value, lane, until)
    select mapping, value, lane, now() + interval '30 seconds'
    from quick, jsonb_to_recordset(${rows(asked)}::text::jsonb) as r(mapping text, value text, lane text) order by mapping, value
    on conflict (mapping, value) do update set lane = excluded.lane, until = excluded.until
      where c.until < now() or c.lane = excluded.lane
    returning mapping, value`;
  const mine = new Set(got.map((row) => `${row.mapping}\0${row.value}`));
  for (const w of asked) if (!mine.has(`${w.mapping}\0${w.value}`)) lanes.delete(w.lane);
  return lanes;
}

/** Ends links whose record has come to the link of its twin while they waited. */
export async function endWaiting(sql: Sql, linkIds: readonly string[]): Promise<void> {
  if (linkIds.length === 0) return;
  await sql`
    with over as (
      update sync.link set state = 'ended', ended_by = 'merged', waits_for = null, held = null, updated_at = now()
      where id = any(${[...linkIds]}::text[]) and state <> 'ended' and (crm_id is null or erp_id is null) returning id
    )
    delete from sync.wait w using over where w.link_id = over.id`;
}

/** Gives up the claims of these lanes. */
export function releaseTwins(sql: Sql | Tx, lanes: readonly string[]): Statement | null {
  return lanes.length > 0 ? sql`delete from sync.claim where lane = any(${[...lanes]}::text[])` : null;
}

/** Two records that may stand for the same thing. */
export interface NewProposal {
  readonly id: string;
  readonly mapping: MappingName;
  readonly linkId: string;
  readonly side: Side;
  readonly recordId: string;
  readonly candidates: readonly {
    readonly id: string;
    readonly title: string;
    readonly score: number;
    readonly evidence: readonly { readonly field: string; readonly value: Json }[];
    /** The link the candidate has already, if any. */
    readonly linkedTo: string | null;
  }[];
}

/** Opens proposals, one per unlinked record; an open one is brought up to date. */
export function saveProposals(tx: Tx | Sql, proposals: readonly NewProposal[]): Statement | null {
  if (proposals.length === 0) return null;
  return tx`
    insert into sync.proposal (id, mapping, link_id, side, record_id, candidates)
    select id, mapping, "linkId", side, "recordId", candidates
    from jsonb_to_recordset(${rows(proposals)}::text::jsonb)
      as r(id text, mapping text, "linkId" text, side text, "recordId" text, candidates jsonb)
    on conflict (link_id) where resolved_at is null do update set candidates = excluded.candidates`;
}
