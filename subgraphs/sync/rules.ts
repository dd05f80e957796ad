import { randomUUID } from 'node:crypto';
import type { Side } from '../../sync/index.ts';
import type { Sql } from './rows.ts';

/** A standing decision about a field's conflicts. */
export interface RuleRow {
  readonly id: string;
  readonly mapping: string;
  readonly field: string;
  readonly take: string;
  readonly by: string | null;
  readonly at: string;
  readonly removedAt: string | null;
}

const columns = `r.id, r.mapping, r.field, r.take, r.by, r.at, r.removed_at as "removedAt"`;

/** Standing rules, of one mapping or all; or one rule by id, removed or not. */
export function rulesOf(
  sql: Sql,
  mapping: string | null,
  id: string | null = null,
): Promise<readonly RuleRow[]> {
  return sql<RuleRow[]>`
    select ${sql.unsafe(columns)} from sync.rule r
    where (${mapping}::text is null or r.mapping = ${mapping})
      and case when ${id}::text is null then r.removed_at is null else r.id = ${id} end
    order by r.mapping, r.field, r.at`;
}

/** Makes a rule for a field; the one that stood for it before goes. */
export async function makeRule(
  sql: Sql,
  rule: { readonly mapping: string; readonly field: string; readonly take: Side; readonly by: string },
): Promise<RuleRow> {
  const { mapping, field, take, by } = rule;
  const [row] = await sql.begin(async (tx) => {
    await tx`update sync.rule set removed_at = now()
      where mapping = ${mapping} and field = ${field} and removed_at is null`;
    return tx<RuleRow[]>`
      insert into sync.rule as r (id, mapping, field, take, by)
      values (${randomUUID()}, ${mapping}, ${field}, ${take}, ${by})
      returning ${tx.unsafe(columns)}`;
  });
  return row!;
}

/** Takes a rule back; null when there is none of that id. */
export async function removeRule(sql: Sql, id: string): Promise<RuleRow | null> {
  const [row] = await sql<RuleRow[]>`
    update sync.rule r set removed_at = coalesce(r.removed_at, now()) where r.id = ${id}
    returning ${sql.unsafe(columns)}`;
  return row ?? null;
}
