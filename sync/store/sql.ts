import type postgres from 'postgres';

/** The raw client the store speaks through: bigint is a number, exact values and instants are strings. */
export type Sql = postgres.Sql<{ bigint: number }>;

/** The same inside a transaction. */
export type Tx = postgres.TransactionSql<{ bigint: number }>;

/**
 * Rows as one JSON text parameter, for `jsonb_to_recordset(${rows(x)}::text::jsonb)`: one statement and one plan
 * however many rows. Cast through text, or the driver would encode the text a second time.
 */
export function rows(values: readonly object[]): string {
  return JSON.stringify(values);
}
