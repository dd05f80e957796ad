import type postgres from 'postgres';
import { lockMs, statementMs } from './deadline.ts';
import type { ServerSettings } from './tuning.ts';

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
const zonedText = {
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

/** Array types by oid: boolean, integer, smallint, bigint, text, varchar, date, timestamptz, numeric. */
const wholeNumbers: ReadonlySet<number> = new Set([1005, 1007, 1016]);
const arrayTypes = [1000, 1007, 1005, 1016, 1009, 1015, 1182, 1185, 1231] as const;

/**
 * Arrays as parameters. The driver would ask each new connection which array types there are; that question goes
 * unanswered when a connection dies young, and ends the process. So it is not asked, and the types we use are named.
 */
const arrays = Object.fromEntries(
  arrayTypes.map((oid) => [
    `array${oid}`,
    {
      to: oid,
      from: [oid],
      serialize: (value: unknown) => (Array.isArray(value) ? arrayLiteral(value) : value),
      parse: (text: string) => {
        const items = parseArray(text);
        return wholeNumbers.has(oid) ? items.map((item) => (item === null ? null : Number(item))) : items;
      },
    } satisfies Codec,
  ]),
);

function arrayLiteral(values: readonly unknown[]): string {
  const items = values.map((value) =>
    value === null || value === undefined ? 'null' : `"${String(value).replace(/["\\]/g, '\\$&')}"`,
  );
  return `{${items.join(',')}}`;
}

/** The items of a flat array's text, each as text or null. */
function parseArray(text: string): (string | null)[] {
  const items = text.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  return items.map((item) => {
    if (item === 'NULL') return null;
    return item.startsWith('"') ? item.slice(1, -1).replace(/\\(.)/g, '$1') : item;
  });
}

/** Connections per client. PostgreSQL works best with few, and each costs it some megabytes. */
const connections = 10;

/**
 * Options for a postgres.js client of ours; `socketFolder` is used in place of the URL's host and port. `session`: settings
 * of its sessions besides ours.
 */
export function clientOptions(
  url: string,
  socketFolder: string | undefined,
  endedAfterMs = statementMs,
  session: ServerSettings = {},
) {
  return {
    max: connections,
    connect_timeout: 10,
    // The driver ends a connection of some age between two statements, whatever they belong to.
    max_lifetime: null,
    // Pauses between attempts to connect are the callers': the driver's grow to 20 s, shared by all connections.
    backoff: () => 0.05,
    fetch_types: false,
    types: { zonedText, plainText, bigint, ...arrays },
    connection: {
      application_name: 'tandem',
      TimeZone: 'UTC',
      plan_cache_mode: 'auto',
      statement_timeout: endedAfterMs,
      lock_timeout: lockMs,
      ...session,
    },
    // "relation already exists, skipping" and the like.
    onnotice: () => {},
    ...(socketFolder && { path: `${socketFolder}/.s.PGSQL.${new URL(url).port}` }),
  } satisfies postgres.Options<Record<string, postgres.PostgresType>>;
}
