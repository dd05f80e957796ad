import type { Json, Side } from '../core/types.ts';
import type { OpenConflict } from './links.ts';
import { rows, type Sql, type Statement, type Tx } from './sql.ts';

/** A decision a person or a rule made on an open conflict, not applied yet. */
export type Choice = { readonly take: Side | 'base' } | { readonly value: Json };

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

/** Keeps what somebody decided with the open conflicts, by path: it holds until it is written, whichever step does. */
export async function noteDecisions(
  sql: Sql | Tx,
  linkId: string,
  decided: Readonly<Record<string, Choice>>,
  actor: string,
): Promise<void> {
  await sql`
    update sync.conflict c set resolved_by = ${actor}, choice = d.value
    from jsonb_each(${JSON.stringify(decided)}::text::jsonb) as d(path, value)
    where c.link_id = ${linkId} and c.resolved_at is null
      and d.path = case when c.line = '' then c.field else 'lines.' || c.line || '.' || c.field end`;
}

/** The name under which a conflict is decided. */
export function conflictPath(line: string | undefined, field: string): string {
  return line ? `lines.${line}.${field}` : field;
}

/** What a step has made of a field: of a conflict that is over by it, and that nobody decided, it says how. */
export interface Ended {
  readonly linkId: string;
  readonly line?: string;
  readonly field: string;
  readonly why: string;
}

/** Makes the open conflicts of these links equal to what the step found: new ones open, cured ones close, with the reason where nobody has decided them. */
export function saveConflicts(
  tx: Tx | Sql,
  linkIds: readonly string[],
  open: readonly (OpenConflict & { readonly id: string; readonly linkId: string })[],
  ended: readonly Ended[],
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
  const causes = ended.map(({ linkId, line = '', field, why }) => ({ link: linkId, line, field, why }));
  return tx`
    with o as (
      select * from jsonb_to_recordset(${rows(causes)}::text::jsonb) as r(link text, line text, field text, why text)
    ), n as (
      select * from jsonb_to_recordset(${rows(list)}::text::jsonb) as r(id text, link text, line text, field text,
        bc jsonb, be jsonb, crm jsonb, erp jsonb, why text, cb text, eb text, ca timestamptz, ea timestamptz)
    ), cured as (
      update sync.conflict c set resolved_at = now(), resolved_by = coalesce(c.resolved_by, 'sync'),
        why = coalesce(case when c.resolved_by is null then (
          select c.why || '; over: ' || o.why from o where o.link = c.link_id and o.line = c.line and o.field = c.field
        ) end, c.why)
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
