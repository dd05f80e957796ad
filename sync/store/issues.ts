import type { Json, MappingName, Side } from '../core/types.ts';
import { notBack } from './not-back.ts';
import { rows, type Sql, type Statement, type Tx } from './sql.ts';

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

/**
 * Opens issues, or counts them once more; issues of these links that are not among them are cured and close. What was told
 * of a taking back is none that a step cures.
 */
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
      where i.link_id = any(${[...linkIds]}::text[]) and i.closed_at is null and i.key not in (select key from n) and i.code <> ${notBack}
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
