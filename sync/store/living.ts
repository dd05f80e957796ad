import type { Sql } from './sql.ts';

/** The class of the locks that workers hold on their tokens. */
export const lockClass = 0x7a4d_e306;

/** Tokens of workers that hold their lock, as a list in SQL. */
export const livingTokens = (sql: Sql) => sql`
  select objid::bigint from pg_locks where locktype = 'advisory' and classid = ${lockClass}
    and database = (select oid from pg_database where datname = current_database())`;
