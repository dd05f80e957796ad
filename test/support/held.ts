import type { Sql } from '../../drizzle/postgres/open.ts';

/** The same client, except that statements with this text are answered no sooner than what `until` answers resolves. */
export function holdingBack(sql: Sql, text: string, until: () => Promise<unknown>): Sql {
  const held = ((...asked: Parameters<typeof sql>) => {
    const made = sql(...asked);
    return (asked[0] as unknown as readonly string[]).join('').includes(text)
      ? Promise.all([made, until()]).then(([rows]) => rows)
      : made;
  }) as unknown as Sql;
  return Object.assign(held, sql);
}
