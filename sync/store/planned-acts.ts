import type { Sql } from './sql.ts';

/** Keeps a previewed act with the versions of the records it was planned from. */
export async function keepPlannedAct(
  sql: Sql,
  token: string,
  act: object,
  versions: Readonly<Record<string, string>>,
): Promise<void> {
  await sql`
    insert into sync.planned_act (token, act, versions)
    values (${token}, ${JSON.stringify(act)}::text::jsonb, ${JSON.stringify(versions)}::text::jsonb)`;
}

/** Takes a kept act, once, within a day. Null when there is none, or it was taken before. */
export async function claimPlannedAct<Act>(
  sql: Sql,
  token: string,
): Promise<{ readonly act: Act; readonly versions: Readonly<Record<string, string>> } | null> {
  const [row] = await sql<{ act: Act; versions: Record<string, string> }[]>`
    update sync.planned_act set used_at = now()
    where token = ${token} and used_at is null and at > now() - interval '1 day'
    returning act, versions`;
  return row ?? null;
}
