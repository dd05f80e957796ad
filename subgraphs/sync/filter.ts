import { badInput } from '../system/arguments.ts';
import type { Operator } from '../system/sdl-connection.ts';
import type { Column, Listing, Parameters } from './listing.ts';

/** A filter as it comes from the graph. */
export type Filter = Readonly<Record<string, unknown>>;

/** What compiling a filter needs to know of its surroundings. */
export interface FilterContext {
  readonly parameters: Parameters;
  /** Throws when the caller may not see what the column holds. */
  demand(scope: string): void;
}

/**
 * The SQL condition of a filter: all comparisons of one object have to hold; an empty one always holds. Values are
 * parameters; names come from the listing alone.
 */
export function filterSql(
  listing: Listing,
  filter: Filter,
  context: FilterContext,
  path: readonly (string | number)[],
): string {
  const conditions = Object.entries(filter).flatMap(([name, value]) => {
    if (value === null || value === undefined) return [];
    const at = [...path, name];
    if (name === 'not') return [`(${filterSql(listing, value as Filter, context, at)}) is not true`];
    if (name === 'and' || name === 'or') {
      const parts = (value as readonly Filter[]).map(
        (part, n) => `(${filterSql(listing, part, context, [...at, n])})`,
      );
      if (parts.length === 0) return name === 'and' ? [] : ['false'];
      return [`(${parts.join(` ${name} `)})`];
    }
    const column = listing.columns[name];
    if (column === undefined) throw badInput(`${listing.name} has no property ${name} to filter by`, at);
    for (const scope of column.scopes ?? []) context.demand(scope);
    if (column.parts === undefined) return comparisons(column, value as Filter, context, at);
    return Object.entries(value as Filter).flatMap(([part, of]) =>
      of === null ? [] : comparisons(column.parts![part]!, of as Filter, context, [...at, part]),
    );
  });
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}

const comparisons = (
  column: Column,
  of: Filter,
  { parameters }: FilterContext,
  path: readonly (string | number)[],
): readonly string[] =>
  Object.entries(of).map(([operator, operand]) =>
    comparison(column, operator as Operator, operand, parameters, [...path, operator]),
  );

function comparison(
  column: Column,
  operator: Operator,
  operand: unknown,
  parameters: Parameters,
  path: readonly (string | number)[],
): string {
  const one = () => `${parameters.add(stored(column, operand, path))}::${column.type}`;
  switch (operator) {
    case 'isNull':
      if (operand === null || operand === undefined) return 'true';
      return operand === true ? `${column.sql} is null` : `${column.sql} is not null`;
    case 'eq':
      return column.refers === undefined
        ? `${column.sql} = ${one()}`
        : refersTo(column, column.refers, [operand], parameters);
    case 'in': {
      if (operand === null || operand === undefined) return 'false';
      const list = operand as readonly unknown[];
      if (column.refers !== undefined) return refersTo(column, column.refers, list, parameters);
      const values = list.map((value, n) => stored(column, value, [...path, n]));
      return `${column.sql} = any(${parameters.add(values)}::${column.type}[])`;
    }
    case 'contains':
      return `${column.sql} ilike ${parameters.add(containing(String(operand ?? '')))}`;
    case 'startsWith':
      return `${column.sql} ilike ${parameters.add(beginning(String(operand ?? '')))}`;
    case 'gt':
      return `${column.sql} > ${one()}`;
    case 'gte':
      return `${column.sql} >= ${one()}`;
    case 'lt':
      return `${column.sql} < ${one()}`;
    case 'lte':
      return `${column.sql} <= ${one()}`;
  }
}

/**
 * Stored is the link's id, or a record that had no counterpart when it was read; the graph shows the CRM's id. All names
 * of what is sought are looked up first, by index.
 */
function refersTo(
  column: Column,
  { mapping, crm, erp }: NonNullable<Column['refers']>,
  ids: readonly unknown[],
  parameters: Parameters,
): string {
  const place = `${parameters.add(ids.filter((id) => id !== null).map(String))}::text[]`;
  const found = `mapping = '${mapping}' and r.crm_id = any(${place})`;
  return `${column.sql} = any(array(select r.id from sync.link r where r.${found}
    and exists (select 1 from sync.link t where t.crm_id = r.crm_id and t.mapping = r.mapping and (t.state <> 'ended' or (t.lone and t.record is not null)))
    union all select '?crm:${crm}:' || id from unnest(${place}) as id
    union all select '?erp:${erp}:' || r.erp_id from sync.link r where r.${found} and r.state <> 'ended'))`;
}

function stored(column: Column, value: unknown, path: readonly (string | number)[]): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' && value.includes('\0')) throw badInput('NUL is not allowed in text', path);
  try {
    return column.stored === undefined ? value : column.stored(value);
  } catch (error) {
    throw badInput(error instanceof Error ? error.message : 'No such value', path);
  }
}

/** A pattern that finds the text anywhere, taken literally. */
export const containing = (text: string): string => `%${beginning(text)}`;

const beginning = (text: string): string => `${text.replace(/[\\%_]/g, '\\$&')}%`;
