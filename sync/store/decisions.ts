import type { FieldChange } from '../core/types.ts';
import { rows, type Sql, type Statement, type Tx } from './sql.ts';

/** Edits that a step is about to overwrite, or was when it died. */
export interface Decision {
  readonly id: string;
  /** The pair, as `pairOf` names it. */
  readonly pair: string;
  readonly changes: readonly FieldChange[];
}

/** Notes what is about to be overwritten; it is durable when this resolves. */
export async function noteDecisions(sql: Sql, decisions: readonly Decision[]): Promise<void> {
  if (decisions.length === 0) return;
  await sql`
    insert into sync.decision (id, pair, changes)
    select id, pair, changes from jsonb_to_recordset(${rows(decisions)}::text::jsonb) as r(id text, pair text, changes jsonb)`;
}

/** All that no event has told of yet, oldest first: those of steps under way, and of steps that died. */
export function openDecisions(sql: Sql): Promise<readonly Decision[]> {
  return sql<Decision[]>`select id, pair, changes from sync.decision order by at, id`;
}

/** The events tell of these now. */
export function forgetDecisions(tx: Tx | Sql, ids: readonly string[]): Statement | null {
  return ids.length > 0 ? tx`delete from sync.decision where id = any(${[...ids]}::text[])` : null;
}
