import type postgres from 'postgres';

/**
 * How values cross between PostgreSQL and JavaScript, the same for the raw client and for drizzle:
 *
 * | PostgreSQL | JavaScript |
 * | --- | --- |
 * | numeric | string, exact |
 * | bigint | number; reading one beyond 2^53 throws (positions and counts stay far below) |
 * | timestamptz | string, `2026-01-31T09:30:00.123456Z`, always UTC, microseconds kept |
 * | timestamp, date, time | string, as PostgreSQL prints it |
 * | json, jsonb | parsed once; declare columns with `jsonb` of `jsonb.ts` |
 */
type Codec = {
  readonly to: number;
  readonly from: number[];
  readonly serialize: (value: unknown) => unknown;
  readonly parse: (text: string) => unknown;
};

/** timestamptz as the text of an instant. */
export const zonedText = {
  to: 1184,
  from: [1184],
  serialize: (value: unknown) => (value instanceof Date ? value.toISOString() : value),
  parse: (text: string) => text.replace(' ', 'T').replace(/\+00$/, 'Z'),
} satisfies Codec;

const plainText = {
  to: 1082,
  from: [1082, 1083, 1114],
  serialize: (value: unknown) => value,
  parse: (text: string) => text,
} satisfies Codec;

const bigint = {
  to: 20,
  from: [20],
  serialize: (value: unknown) => String(value),
  parse: (text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value))
      throw new RangeError(`bigint ${text} does not fit into a number; read it as text`);
    return value;
  },
} satisfies Codec;

/** Connections per client. PostgreSQL works best with few, and each costs it some megabytes. */
const connections = 10;

/** Options for a postgres.js client of ours; `socketFolder` is used in place of the URL's host and port. */
export function clientOptions(url: string, socketFolder: string | undefined) {
  return {
    max: connections,
    connect_timeout: 10,
    types: { zonedText, plainText, bigint },
    connection: { application_name: 'tandem', TimeZone: 'UTC', plan_cache_mode: 'force_custom_plan' },
    // "relation already exists, skipping" and the like.
    onnotice: () => {},
    ...(socketFolder && { path: `${socketFolder}/.s.PGSQL.${new URL(url).port}` }),
  } satisfies postgres.Options<Record<string, postgres.PostgresType>>;
}
