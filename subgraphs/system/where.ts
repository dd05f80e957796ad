import type { Json } from '../../sync/core/types.ts';
import type { Column } from './columns.ts';
import { badInput, Refusal } from './failures.ts';
import type { EntityModel } from './model.ts';
import { arrayLiteral } from './sql-text.ts';
import type { Comparison, Where } from './system.ts';
import { type Parser, parserOf } from './values.ts';

/** Parameters of a statement in the making: `bind` answers with the placeholder. All travel as text. */
export interface Parameters {
  readonly values: (string | number | null)[];
  bind(value: string): string;
}

/** An empty list of parameters. */
export function parameters(): Parameters {
  const values: (string | number | null)[] = [];
  return {
    values,
    bind(value) {
      values.push(value);
      return `$${values.length}::text`;
    },
  };
}

/** What can be compared or sorted by: a column over alias `t`, its SQL type, and how its values are parsed. */
export interface Comparable {
  readonly sql: string;
  readonly sqlType: Column['sqlType'];
  readonly parse: Parser;
}

const own: Readonly<Record<string, Comparable>> = {
  id: { sql: 't.id', sqlType: 'text', parse: parserOf({ kind: 'text', max: 36 }) },
  createdAt: { sql: 't.created_at', sqlType: 'timestamptz', parse: parserOf({ kind: 'dateTime' }) },
  updatedAt: { sql: 't.updated_at', sqlType: 'timestamptz', parse: parserOf({ kind: 'dateTime' }) },
  updatedBy: { sql: 't.updated_by', sqlType: 'text', parse: parserOf({ kind: 'text', max: 300 }) },
  archived: { sql: 't.archived', sqlType: 'boolean', parse: parserOf({ kind: 'boolean' }) },
};

/** A property of the entity to compare or sort by; throws BAD_USER_INPUT where there is none. */
export function comparable(model: EntityModel, name: string): Comparable {
  if (Object.hasOwn(own, name)) return own[name]!;
  const column = model.header.columns.find((one) => one.name === name);
  const property = model.header.properties.get(name);
  if (property && !column)
    throw badInput(name, undefined, 'is derived from another record and cannot be compared or sorted by.');
  if (!property || !column) throw badInput(name, undefined, `is no property of ${model.name}.`);
  return { sql: `t."${column.column}"`, sqlType: column.sqlType, parse: property.parse };
}

/** Conditions one filter may hold: enough for any screen, too few to keep the database busy. */
const mostConditions = 200;

/** SQL of a filter tree. Throws BAD_USER_INPUT with the path of what it cannot read. */
export function whereSql(model: EntityModel, where: Where, bind: Parameters['bind']): string {
  let conditions = 0;
  return tree(where, '', 0);

  function tree(node: Where, path: string, depth: number): string {
    if (depth > 10) throw badInput(path || 'where', undefined, 'is nested deeper than 10 levels.');
    const parts = Object.keys(node).flatMap((name): string[] => {
      const value = node[name];
      if (value === undefined || value === null) return [];
      if (++conditions > mostConditions)
        throw badInput('where', undefined, `has more than ${mostConditions} conditions.`);
      const here = path + name;
      if (name === 'and' || name === 'or') {
        const list = (value as readonly Where[]).map((one, n) => tree(one, `${here}[${n}].`, depth + 1));
        if (list.length === 0) return [name === 'and' ? 'true' : 'false'];
        return [`(${list.join(` ${name} `)})`];
      }
      // What is unknown does not hold, so its opposite does.
      if (name === 'not') return [`(${tree(value as Where, `${here}.`, depth + 1)}) is not true`];
      return property(name, value as Readonly<Record<string, unknown>>, here);
    });
    return parts.length === 0 ? 'true' : `(${parts.join(' and ')})`;
  }

  function property(name: string, comparison: Readonly<Record<string, unknown>>, path: string): string[] {
    const type = model.header.properties.get(name)?.property.type;
    const target = comparable(model, name);
    if (type?.kind !== 'address') return compare(target, comparison as Comparison, path);
    return Object.keys(comparison).flatMap((part) => {
      if (part === 'isNull') return [`${target.sql} is ${comparison[part] ? '' : 'not '}null`];
      if (!type.parts.includes(part))
        throw badInput(
          `${path}.${part}`,
          undefined,
          `is no part of an address; the parts are ${type.parts.join(', ')}.`,
        );
      const text: Comparable = {
        sql: `(${target.sql} ->> '${part}')`,
        sqlType: 'text',
        parse: parserOf({ kind: 'text', max: 300 }),
      };
      return compare(text, (comparison[part] ?? {}) as Comparison, `${path}.${part}`);
    });
  }

  function compare({ sql, sqlType, parse }: Comparable, comparison: Comparison, path: string): string[] {
    const list = sqlType === 'jsonb';
    const value = (given: Json): string => {
      const parsed = parse(path, given);
      if (parsed === null) throw badInput(path, given, 'cannot be compared with nothing; use isNull.');
      return `${bind(String(parsed))}::${sqlType}`;
    };
    return (Object.entries(comparison) as [keyof Comparison, Json][]).flatMap(
      ([operator, given]): string[] => {
        if (given === undefined || (given === null && operator !== 'eq')) return [];
        if (list && operator !== 'isNull' && operator !== 'contains') {
          throw badInput(
            `${path}.${operator}`,
            undefined,
            'is not a comparison of a list; use contains or isNull.',
          );
        }
        switch (operator) {
          case 'eq':
            return [given === null || given === '' ? `${sql} is null` : `${sql} = ${value(given)}`];
          case 'in': {
            const values = (given as readonly Json[]).slice(0, 1000).map((one) => parse(path, one));
            const literal = bind(arrayLiteral(values.filter((one) => one !== null).map(String)));
            return [
              `(${sql} = any(${literal}::${sqlType}[])${values.includes(null) ? ` or ${sql} is null` : ''})`,
            ];
          }
          case 'contains':
            return [`${sql}::text ilike ${bind(`%${pattern(path, given)}%`)}`];
          case 'startsWith':
            return [`${sql}::text ilike ${bind(`${pattern(path, given)}%`)}`];
          case 'gt':
            return [`${sql} > ${value(given)}`];
          case 'gte':
            return [`${sql} >= ${value(given)}`];
          case 'lt':
            return [`${sql} < ${value(given)}`];
          case 'lte':
            return [`${sql} <= ${value(given)}`];
          case 'isNull':
            return [`${sql} is ${given ? '' : 'not '}null`];
          default:
            throw badInput(`${path}.${operator as string}`, undefined, 'is no comparison.');
        }
      },
    );
  }
}

/** Conditions of a free text: every word in the title or in one of the indexed texts. */
export function searchSql(model: EntityModel, search: string, bind: Parameters['bind']): string {
  const columns = model.header.columns.filter(
    ({ name, property, sqlType }) =>
      sqlType === 'text' &&
      property.type.kind !== 'ref' &&
      (name === model.table.entity.title || property.indexed || property.unique),
  );
  const words = search.trim().split(/\s+/).filter(Boolean);
  if (words.length > 10) throw badInput('search', undefined, 'has more than 10 words.');
  const conditions = words.map((word) => {
    const placeholder = bind(`%${pattern('search', word)}%`);
    return `(${columns.map(({ column }) => `t."${column}" ilike ${placeholder}`).join(' or ')})`;
  });
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}

function pattern(path: string, value: Json): string {
  if (typeof value !== 'string' || value.length > 300 || value.includes('\0') || !value.isWellFormed()) {
    throw new Refusal('BAD_USER_INPUT', `${path}: is not a text of at most 300 characters.`, { field: path });
  }
  return value.normalize('NFC').replace(/[\\%_]/g, '\\$&');
}
