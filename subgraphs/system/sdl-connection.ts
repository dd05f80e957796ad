import type { Entity, PropertyType, SystemShape } from './entity.ts';
import { namedTypes, type recordFields, typeName } from './names.ts';
import { block, enumBlock, type SdlField } from './sdl-text.ts';

/** Nodes of a page when `first` and `last` are left out. */
export const defaultPageSize = 20;
/** Most nodes of a page. */
export const largestPage = 100;

/** The arguments of every connection of an entity. */
export function connectionArguments(shape: SystemShape, entity: Entity): string {
  const name = typeName(shape, entity);
  return `(first: Int = 20, after: String, last: Int, before: String, filter: ${name}Filter, search: String, sort: ${name}Sort)`;
}

/** Connection, edge, filter and sort of an entity. */
export function connectionTypes(shape: SystemShape, entity: Entity): readonly string[] {
  const name = typeName(shape, entity);
  return [
    block(`type ${name}Connection`, `A page of ${name} records.`, [
      { name: 'nodes', text: `: [${name}!]!` },
      { name: 'edges', text: `: [${name}Edge!]!` },
      { name: 'pageInfo', text: ': PageInfo!' },
      { name: 'totalCount', text: ': Int!', doc: 'Of all pages together; counted only where selected.' },
    ]),
    block(`type ${name}Edge`, `One of ${name}Connection with its place in the list.`, [
      { name: 'node', text: `: ${name}!` },
      { name: 'cursor', text: ': String!' },
    ]),
    block(`input ${name}Filter`, 'Everything in one object has to hold.', [
      ...filterFields(entity),
      { name: 'and', text: `: [${name}Filter!]` },
      { name: 'or', text: `: [${name}Filter!]` },
      { name: 'not', text: `: ${name}Filter` },
    ]),
    block(`input ${name}Sort`, 'A property and a direction; equal records follow by id.', [
      { name: 'field', text: `: ${name}SortField!` },
      { name: 'direction', text: ': SortDirection! = ASC' },
    ]),
    enumBlock(`${name}SortField`, `What ${name} records can be sorted by.`, sortFields(entity)),
  ];
}

/** Types that connections of all subgraphs share. */
export const sharedConnectionTypes: readonly string[] = [
  block('type PageInfo @shareable', 'Where a page stands in its connection.', [
    { name: 'hasNextPage', text: ': Boolean!' },
    { name: 'hasPreviousPage', text: ': Boolean!' },
    { name: 'startCursor', text: ': String' },
    { name: 'endCursor', text: ': String' },
  ]),
  enumBlock('SortDirection', 'Ascending or descending; nulls come last in both.', ['ASC', 'DESC']),
];

/** The comparison inputs by name: what each offers, and the type it compares with. */
const comparisons: Readonly<Record<string, Comparison>> = Object.freeze({
  IDFilter: { of: 'ID', offers: ['eq', 'in', 'isNull'] },
  StringFilter: {
    of: 'String',
    offers: ['eq', 'in', 'contains', 'startsWith', 'gt', 'gte', 'lt', 'lte', 'isNull'],
  },
  IntFilter: { of: 'Int', offers: ['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'isNull'] },
  DecimalFilter: { of: 'Decimal', offers: ['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'isNull'] },
  DateFilter: { of: 'Date', offers: ['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'isNull'] },
  DateTimeFilter: { of: 'DateTime', offers: ['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'isNull'] },
  BooleanFilter: { of: 'Boolean', offers: ['eq', 'isNull'] },
});

/** One comparison input. */
export interface Comparison {
  readonly of: string;
  readonly offers: readonly Operator[];
}

/** What a filter can ask of one property; the store's own words. */
export type Operator = 'eq' | 'in' | 'contains' | 'startsWith' | 'gt' | 'gte' | 'lt' | 'lte' | 'isNull';

/** The definitions of all comparison inputs that the system's filters use. */
export function comparisonTypes(shape: SystemShape): readonly string[] {
  const named = [...namedTypes(shape).values()];
  const choices = named.filter((type) => type.kind === 'choice');
  const addresses = named.filter((type) => type.kind === 'address');
  return [
    ...Object.entries(comparisons).map(([name, comparison]) => comparisonType(name, comparison)),
    ...choices.map(({ name }) =>
      comparisonType(`${name}Filter`, { of: name, offers: ['eq', 'in', 'isNull'] }),
    ),
    ...addresses.map(({ name, parts }) =>
      block(
        `input ${name}Filter`,
        'Comparisons of single parts, which all have to hold.',
        parts.map((part) => ({ name: part, text: ': StringFilter' })),
      ),
    ),
  ];
}

/** The comparison input of a property, or null where it cannot be filtered by (lists). */
export function comparisonOf(type: PropertyType): string | null {
  switch (type.kind) {
    case 'text':
    case 'code':
    case 'refCode':
    case 'email':
    case 'phone':
    case 'url':
    case 'currency':
    case 'language':
      return 'StringFilter';
    case 'int':
      return 'IntFilter';
    case 'boolean':
      return 'BooleanFilter';
    case 'date':
      return 'DateFilter';
    case 'dateTime':
      return 'DateTimeFilter';
    case 'decimal':
    case 'money':
      return 'DecimalFilter';
    case 'ref':
      return 'IDFilter';
    case 'choice':
    case 'address':
      return `${type.name}Filter`;
    case 'texts':
    case 'list':
      return null;
  }
}

function filterFields(entity: Entity): readonly SdlField[] {
  const own: Readonly<Partial<Record<keyof typeof recordFields, string>>> = {
    id: 'IDFilter',
    createdAt: 'DateTimeFilter',
    updatedAt: 'DateTimeFilter',
    updatedBy: 'StringFilter',
    archived: 'BooleanFilter',
  };
  return [
    ...Object.entries(own).map(([name, comparison]) => ({ name, text: `: ${comparison}` })),
    ...Object.entries(entity.properties).flatMap(([name, property]) => {
      const comparison = property.derived ? null : comparisonOf(property.type);
      return comparison === null ? [] : [{ name, text: `: ${comparison}` }];
    }),
  ];
}

function sortFields(entity: Entity): readonly string[] {
  const sortable = Object.entries(entity.properties).filter(
    ([, { derived, type }]) => !derived && !['address', 'list', 'texts'].includes(type.kind),
  );
  return ['id', 'createdAt', 'updatedAt', ...sortable.map(([name]) => name)];
}

function comparisonType(name: string, { of, offers }: Comparison): string {
  return block(
    `input ${name}`,
    `Comparisons with ${of}, which all have to hold; a null holds for isNull alone.`,
    offers.map((operator) => ({ name: operator, text: `: ${operandType(operator, of)}` })),
  );
}

function operandType(operator: Operator, of: string): string {
  if (operator === 'in') return `[${of}!]`;
  if (operator === 'isNull') return 'Boolean';
  return of;
}
