import type { Sql, Statement, Tx } from './sql.ts';

/** Notes that these creates are about to be sent. Answers, of those noted before, how many ms ago they were sent. */
export async function noteIntents(sql: Sql, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const before = await sql<{ key: string; ms: number }[]>`
    with fresh as (
      insert into sync.intent (key) select distinct unnest(${[...keys]}::text[]) on conflict do nothing
    )
    select key, extract(epoch from now() - at)::float8 * 1000 as ms from sync.intent where key = any(${[...keys]}::text[])`;
  return new Map(before.map(({ key, ms }) => [key, ms]));
}

/** These are sent once more, now. */
export async function sentAgain(sql: Sql, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await sql`update sync.intent set at = now() where key = any(${[...keys]}::text[])`;
}

/** What became of these is known. */
export function forgetIntents(tx: Tx | Sql, keys: readonly string[]): Statement | null {
  return keys.length > 0 ? tx`delete from sync.intent where key = any(${[...keys]}::text[])` : null;
}
