import type { Sql } from '../../drizzle/postgres/open.ts';
import type { Row } from './model.ts';

export type { Sql };

/** Runs one statement on one connection. The statement's text is its key in the cache of prepared statements. */
export type Run = (
  statement: string,
  parameters?: readonly (string | number | boolean | null)[],
) => Promise<readonly Row[]>;

/** A runner over a client or over a reserved connection. */
export function runOn(sql: Pick<Sql, 'unsafe'>): Run {
  return (statement, parameters = []) =>
    // Queries of postgres.js wait for somebody to await them; ours are sent in the order in which they are written.
    sql
      .unsafe(statement, parameters as (string | number | boolean | null)[], { prepare: true })
      .execute() as unknown as Promise<readonly Row[]>;
}

/** A list as a literal for `$n::text::text[]`: independent of what the driver knows about array types. */
export function arrayLiteral(items: Iterable<string>): string {
  const quoted: string[] = [];
  for (const item of items)
    quoted.push(/["\\]/.test(item) ? `"${item.replace(/["\\]/g, '\\$&')}"` : `"${item}"`);
  return `{${quoted.join(',')}}`;
}

/**
 * What `= any(…)` takes for a parameter with such a literal. Through a subquery, so that the planner, which can't look
 * into it, expects as many items of a plan made for these as of one made for any: it then keeps the plan, where
 * planning anew takes longer than running.
 */
export const listed = (parameter: `$${number}`): string => `(select ${parameter}::text::text[])::text[]`;

/**
 * Sends statements in one flight and waits for all of them. Throws the first error: the statements behind it in a
 * transaction fail only because of it.
 */
export async function flight<T extends readonly unknown[] | []>(
  statements: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled: readonly PromiseSettledResult<unknown>[] = await Promise.allSettled(statements);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return Promise.all(statements);
}
