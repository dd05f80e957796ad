import type { Sql } from '../../drizzle/postgres/client.ts';

/** Where any of these texts stands in a table of the systems or of the sync: `sync.event: Secretia in …`. */
export async function tracesOf(sql: Sql, secrets: readonly string[]): Promise<readonly string[]> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_schema in ('crm', 'erp', 'sync') and table_type = 'BASE TABLE'`;
  const hits = await Promise.all(
    tables.flatMap(({ schema, name }) =>
      secrets.map(async (secret) => {
        const [row] = await sql<{ n: number; row: string | null }[]>`
          select count(*) as n, min(t::text) as row from ${sql.unsafe(`${schema}."${name}"`)} t
          where t::text ilike ${`%${secret}%`}`;
        return row!.n > 0 ? [`${schema}.${name}: ${secret} in ${row!.row?.slice(0, 400)}`] : [];
      }),
    ),
  );
  return hits.flat();
}
