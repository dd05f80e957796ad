import { badInput } from '../system/arguments.ts';
import { defaultPageSize, largestPage } from '../system/sdl-connection.ts';
import { containing, type Filter, filterSql } from './filter.ts';
import { type Column, type ColumnType, type Listing, type Parameters, parameters } from './listing.ts';
import type { Sql } from './rows.ts';

/** The arguments of a connection. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
  readonly filter?: Filter | null;
  readonly search?: string | null;
  readonly sort?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null;
}

/** A page as the graph shows it. */
export interface Page<Row> {
  readonly nodes: readonly Row[];
  readonly edges: readonly { readonly node: Row; readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** A page request with its arguments checked: one statement for any number of parents. */
export interface PageRequest<Row> {
  /** The page of the whole list. */
  page(sql: Sql): Promise<Page<Row>>;
  count(sql: Sql): Promise<number>;
  /** One page per parent, all in one statement. */
  pages(sql: Sql, belonging: Belonging, parents: readonly string[]): Promise<readonly Page<Row>[]>;
  counts(sql: Sql, belonging: Belonging, parents: readonly string[]): Promise<readonly number[]>;
}

/** How a list's members name the parent that they belong to. */
export interface Belonging {
  /** SQL of the member that equals the parent's id. */
  readonly of: string;
  /** SQL of all ids by which members name the parent `p.parent`, where there may be others than its own. */
  readonly alsoNamed?: string;
}

/** Checks the arguments of a connection. Throws BAD_USER_INPUT with the path of the argument. */
export function pageRequest<Row extends object>(
  listing: Listing,
  args: PageArguments,
  demand: (scope: string) => void,
  also: readonly ((parameters: Parameters) => string)[] = [],
): PageRequest<Row> {
  const backward = args.last !== null && args.last !== undefined;
  const size = pageSize(backward ? args.last : args.first, backward ? 'last' : 'first');
  const order = orderOf(listing, args.sort, demand);
  const after = position(args.after, 'after', order);
  const before = position(args.before, 'before', order);

  const conditions = (given: Parameters): string =>
    [
      listing.where,
      ...(listing.unless && !JSON.stringify(args.filter ?? {}).includes(listing.unless.names)
        ? [listing.unless.where]
        : []),
      ...(args.filter ? [filterSql(listing, args.filter, { parameters: given, demand }, ['filter'])] : []),
      ...searchSql(listing, args.search, given),
      ...also.map((condition) => condition(given)),
    ].join(' and ');
  const window = (given: Parameters): string =>
    [
      conditions(given),
      ...(after ? [beyond(order, after, given, 'after')] : []),
      ...(before ? [beyond(order, before, given, 'before')] : []),
    ].join(' and ');
  const select = `select ${listing.select}, ${order.key.sql}::text as "cursorKey", ${listing.id}::text as "cursorId" from ${listing.from}`;
  const ordering = (given: Parameters): string =>
    `order by ${orderBy(order, backward)} limit ${given.add(size + 1)}::int`;
  const isPlain = !args.filter && !args.search && !args.sort && also.length === 0;
  const finish = (rows: readonly Positioned<Row>[]): Page<Row> =>
    toPage(rows, { size, backward, order, bounded: { after: after !== null, before: before !== null } });

  return {
    async page(sql) {
      const given = parameters();
      const text = `${select} where ${window(given)} ${ordering(given)}`;
      return finish(await run<Positioned<Row>>(sql, text, given, isPlain));
    },
    async count(sql) {
      const given = parameters();
      const text = `select count(*) as n from ${listing.from} where ${conditions(given)}`;
      return (await run<{ n: number }>(sql, text, given, isPlain))[0]!.n;
    },
    async pages(sql, { of, alsoNamed }, parents) {
      const given = parameters();
      const { names, name } = namesOf(alsoNamed);
      const place = given.add(parents);
      const text = `select p.parent, x.* from unnest(${place}::text[]) with ordinality as p(parent, n)
        ${names} cross join lateral (${select} where ${of} = ${name} and ${window(given)} ${ordering(given)}) x
        order by p.n, ${orderBy(order, backward, 'x."cursorKey"', 'x."cursorId"')}`;
      const rows = await run<Positioned<Row> & { parent: string }>(sql, text, given, isPlain);
      const byParent = Map.groupBy(rows, (row) => row.parent);
      return parents.map((parent) => finish(byParent.get(parent) ?? []));
    },
    async counts(sql, { of, alsoNamed }, parents) {
      const given = parameters();
      const place = given.add(parents);
      const { names, name } = namesOf(alsoNamed);
      const text = `select p.parent, x.n from unnest(${place}::text[]) as p(parent)
        ${names} cross join lateral (select count(*) as n from ${listing.from} where ${of} = ${name} and ${conditions(given)}) x`;
      const rows = await run<{ parent: string; n: number }>(sql, text, given, isPlain);
      const byParent = new Map(rows.map((row) => [row.parent, row.n]));
      return parents.map((parent) => byParent.get(parent) ?? 0);
    },
  };
}

/** What a list's members may name a parent by. */
function namesOf(alsoNamed: string | undefined): { readonly names: string; readonly name: string } {
  if (alsoNamed === undefined) return { names: '', name: 'p.parent' };
  return { names: `cross join lateral (select array(${alsoNamed}) as ids) names`, name: 'any(names.ids)' };
}

type Positioned<Row> = Row & { readonly cursorKey: string | null; readonly cursorId: string };

interface Order {
  readonly field: string | null;
  readonly key: { readonly sql: string; readonly type: ColumnType };
  readonly id: string;
  readonly descending: boolean;
  /** The cursor is the bare position, as feeds have it. */
  readonly bare: boolean;
}

interface Position {
  readonly key: string | null;
  readonly id: string;
}

/**
 * Prepared where nothing is filtered, sought or sorted: planning such a statement takes longer than running it. Filters
 * come in any number of shapes, and a prepared statement would stay for each of them.
 */
function run<Row extends object>(
  sql: Sql,
  text: string,
  given: Parameters,
  isPlain: boolean,
): Promise<readonly Row[]> {
  return sql.unsafe<Row[]>(text, given.values as never[], { prepare: isPlain });
}

function pageSize(size: number | null | undefined, name: string): number {
  const wanted = size ?? defaultPageSize;
  if (Number.isInteger(wanted) && wanted >= 0 && wanted <= largestPage) return wanted;
  throw badInput(`${name} must be between 0 and ${largestPage}, got ${wanted}`, [name]);
}

function orderOf(listing: Listing, sort: PageArguments['sort'], demand: (scope: string) => void): Order {
  const own = listing.position;
  if (!sort && own) return { field: null, key: own, id: own.sql, descending: false, bare: true };
  const descending = sort?.direction === 'DESC';
  const byId = {
    field: null,
    key: { sql: listing.id, type: 'text' as const },
    id: listing.id,
    descending,
    bare: false,
  };
  if (!sort || sort.field === 'id') return byId;
  const column: Column | undefined = listing.columns[sort.field];
  if (column?.sorts !== true)
    throw badInput(`${listing.name} cannot be sorted by ${sort.field}`, ['sort', 'field']);
  for (const scope of column.scopes ?? []) demand(scope);
  return { field: sort.field, key: column, id: listing.id, descending, bare: false };
}

function orderBy(order: Order, backward: boolean, key = order.key.sql, id = order.id): string {
  const direction = order.descending !== backward ? 'desc' : 'asc';
  // Ids are unique: nothing is left to order. The text that an outer query sees is cast back.
  const typed = key === order.key.sql ? key : `${key}::${order.key.type}`;
  if (order.field === null) return `${typed} ${direction}`;
  return `${typed} ${direction}, ${id} ${direction}`;
}

/** What lies beyond a position, in the list's own order: nulls are last when ascending, first when descending. */
function beyond(order: Order, { key, id }: Position, given: Parameters, side: 'after' | 'before'): string {
  const forward = (side === 'after') !== order.descending;
  const than = forward ? '>' : '<';
  // Sent as text: the driver would make "no" of every text that stands for a boolean.
  const place = (): string => `${given.add(key)}::text::${order.key.type}`;
  if (order.field === null) return `${order.key.sql} ${than} ${place()}`;
  const sameId = `${order.id} ${than} ${given.add(id)}`;
  if (key === null) {
    const tied = `(${order.key.sql} is null and ${sameId})`;
    return forward ? tied : `(${tied} or ${order.key.sql} is not null)`;
  }
  const at = place();
  const strictly = `${order.key.sql} ${than} ${at} or (${order.key.sql} = ${at} and ${sameId})`;
  return forward ? `(${strictly} or ${order.key.sql} is null)` : `(${strictly})`;
}

function searchSql(
  listing: Listing,
  search: string | null | undefined,
  given: Parameters,
): readonly string[] {
  const texts = listing.search ?? [];
  const words = (search ?? '')
    .replaceAll('\0', '')
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length > mostWords) throw badInput(`search takes at most ${mostWords} words`, ['search']);
  return words.map((word) => `concat_ws(' ', ${texts.join(', ')}) ilike ${given.add(containing(word))}`);
}

const mostWords = 10;

function position(cursor: string | null | undefined, name: string, order: Order): Position | null {
  if (cursor === null || cursor === undefined) return null;
  const refuse = () => badInput(`${name} is no cursor of this list in this order`, [name]);
  if (order.bare) {
    if (/^\d{1,18}$/.test(cursor)) return { key: cursor, id: cursor };
    throw refuse();
  }
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw refuse();
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw refuse();
  const [field, key, id] = parts as unknown[];
  const fits =
    field === order.field &&
    (key === null || typeof key === 'string') &&
    typeof id === 'string' &&
    isOf(key, order);
  if (!fits) throw refuse();
  return { key: key as string | null, id: id as string };
}

/** A forged cursor must not reach a cast that fails. */
function isOf(key: unknown, { key: { type } }: Order): boolean {
  if (key === null) return true;
  const text = String(key);
  if (text.includes('\0')) return false;
  if (type === 'int' || type === 'numeric') return /^-?\d{1,40}(\.\d{1,40})?$/.test(text);
  if (type === 'boolean') return text === 'true' || text === 'false';
  if (type === 'date' || type === 'timestamptz') return !Number.isNaN(Date.parse(text.replace(/\+00$/, 'Z')));
  return true;
}

function cursorOf(order: Order, row: Positioned<object>): string {
  if (order.bare) return row.cursorId;
  const key = order.field === null ? row.cursorId : row.cursorKey;
  return Buffer.from(JSON.stringify([order.field, key, row.cursorId])).toString('base64url');
}

interface Shape {
  readonly size: number;
  readonly backward: boolean;
  readonly order: Order;
  readonly bounded: { readonly after: boolean; readonly before: boolean };
}

function toPage<Row extends object>(
  rows: readonly Positioned<Row>[],
  { size, backward, order, bounded }: Shape,
): Page<Row> {
  const more = rows.length > size;
  const kept = more ? rows.slice(0, size) : [...rows];
  if (backward) kept.reverse();
  const edges = kept.map((row) => ({ node: row, cursor: cursorOf(order, row) }));
  return {
    nodes: kept,
    edges,
    pageInfo: {
      hasNextPage: backward ? bounded.before : more,
      hasPreviousPage: backward ? more : bounded.after,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
