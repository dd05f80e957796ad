import { badInput } from './arguments.ts';
import type { Entity } from './entity.ts';
import { type Caller, demand, type Scope } from './rights.ts';
import { defaultPageSize, largestPage, type Operator } from './sdl-connection.ts';
import type { Query, Where } from './system.ts';

/** The arguments of a connection as the schema hands them over. */
export interface ConnectionArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
  readonly filter?: Readonly<Record<string, unknown>> | null;
  readonly search?: string | null;
  readonly sort?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null;
}

/**
 * What the store is asked for a connection. Throws BAD_USER_INPUT with the argument's path, and FORBIDDEN for a
 * comparison or order by a property that the caller may not see: it would tell its value.
 */
export function storeQuery(entity: Entity, args: ConnectionArguments, caller: Caller | null): Query {
  const { filter, search, sort } = args;
  if (sort != null) demandProperty(entity, sort.field, caller);
  return {
    ...window(args),
    ...(filter == null ? {} : { where: whereOf(entity, filter, caller) }),
    ...(search == null || search.trim() === '' ? {} : { search: search.trim() }),
    ...(sort == null ? {} : { orderBy: { property: sort.field, direction: sort.direction } }),
  };
}

/** `last` takes the place of `first`, which has a default. */
function window({
  first,
  after,
  last,
  before,
}: ConnectionArguments): Pick<Query, 'first' | 'after' | 'last' | 'before'> {
  if (last == null) {
    if (before != null) throw badInput('before goes with last, after with first.', ['before']);
    return { first: pageSize(first ?? defaultPageSize, 'first'), ...(after == null ? {} : { after }) };
  }
  if (after != null) throw badInput('after goes with first, before with last.', ['after']);
  return { last: pageSize(last, 'last'), ...(before == null ? {} : { before }) };
}

function pageSize(size: number, name: string): number {
  if (size >= 0 && size <= largestPage) return size;
  throw badInput(`A page has 0 to ${largestPage} records, not ${size}.`, [name]);
}

/**
 * The schema has checked names and types, and its filters have the store's own form; what is left is to drop
 * what is null, and to ask for rights. How much a filter may ask is the store's to judge.
 */
function whereOf(entity: Entity, filter: Readonly<Record<string, unknown>>, caller: Caller | null): Where {
  const copy = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => copy(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, inner]) => {
        if (Object.hasOwn(entity.properties, name)) demandProperty(entity, name, caller);
        if (inner !== null) return [[name, copy(inner, [...path, name])]];
        if (operators.has(name)) throw badInput('Null compares with nothing: ask isNull.', [...path, name]);
        return [];
      }),
    );
  };
  return copy(filter, ['filter']) as Where;
}

const operators: ReadonlySet<string> = new Set<Operator>([
  'eq',
  'in',
  'contains',
  'startsWith',
  'gt',
  'gte',
  'lt',
  'lte',
  'isNull',
]);

function demandProperty(entity: Entity, property: string, caller: Caller | null): void {
  const scope = entity.properties[property]?.scope;
  if (scope !== undefined) demand(caller, `read:${scope}` satisfies Scope);
}
