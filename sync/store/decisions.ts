import type { FieldChange } from '../core/types.ts';
import { rows, type Sql, type Statement, type Tx } from './sql.ts';

/** Changes that a step is about to write on one record, or was when it died or went on without telling. */
export interface Decision {
  readonly id: string;
  /** The pair, as `pairOf` names it. */
  readonly pair: string;
  readonly changes: readonly FieldChange[];
  /** The record's version at which they were sent; null where none was asked for. */
  readonly version: string | null;
  /** Known to be carried out: by an earlier round of this very step. */
  readonly isDone?: boolean;
}

/** Notes what is about to be written. It is on the disk when this resolves. */
export async function noteDecisions(sql: Sql, decisions: readonly Decision[]): Promise<void> {
  await sql`
    insert into sync.decision (id, pair, changes, version) select id, pair, changes, version
    from jsonb_to_recordset(${rows(decisions)}::text::jsonb) as r(id text, pair text, changes jsonb, version text)`;
}

/** The same as a statement that does not wait for the disk: it is there before whatever commits in this database after it. */
export const noting = (decisions: readonly Decision[]): [statement: string, parameters: string[]] => [
  `with quick as materialized (select set_config('synchronous_commit', 'off', true))
  insert into sync.decision (id, pair, changes, version) select id, pair, changes, version
  from quick, jsonb_to_recordset($1::text::jsonb) as r(id text, pair text, changes jsonb, version text)
  on conflict do nothing`,
  [rows(decisions)],
];

/** All that no event has told of yet, oldest first: those of steps under way, and of steps that died. */
export function openDecisions(sql: Sql | Tx): Promise<readonly Decision[]> {
  return sql<Decision[]>`select id, pair, changes, version from sync.decision order by at, id`;
}

/** The events tell of these now. */
export function forgetDecisions(tx: Tx | Sql, ids: readonly string[]): Statement | null {
  return ids.length > 0 ? tx`delete from sync.decision where id = any(${[...ids]}::text[])` : null;
}
