import type { Entity, Properties, PropertyType, SystemShape } from './entity.ts';

/** What every record shows beside its declared properties. */
export const recordFields = {
  id: { type: 'ID!', doc: 'Made by the system or chosen by the writer; never changes.' },
  version: { type: 'String!', doc: 'Moves by one whenever the record, lines included, really changes.' },
  createdAt: { type: 'DateTime!', doc: 'When the record was made.' },
  updatedAt: { type: 'DateTime!', doc: 'When the record last changed.' },
  updatedBy: { type: 'String!', doc: 'Who changed it last.' },
  archived: { type: 'Boolean!', doc: 'Put away: kept and readable, but out of use.' },
} as const;

/** `CrmCustomer`. */
export function typeName(shape: SystemShape, entity: Entity): string {
  return `${shape.prefix}${entity.name}`;
}

/** `CrmQuoteLine`. */
export function lineTypeName(shape: SystemShape, entity: Entity): string {
  return `${typeName(shape, entity)}Line`;
}

/** `crmCustomer`: the query of one record. */
export function oneField(shape: SystemShape, entity: Entity): string {
  return uncapitalized(typeName(shape, entity));
}

/** `crmCustomers`: the query of many. */
export function manyField(shape: SystemShape, entity: Entity): string {
  return `${oneField(shape, entity)}s`;
}

/** The start of the names of everything that is the system's own: `crm` in `crmChanges`. */
export function rootPrefix(shape: SystemShape): string {
  return uncapitalized(shape.prefix);
}

/** One record that a property refers to: `CrmQuote.customer` beside `customerId`. */
export interface Reference {
  readonly field: string;
  readonly property: string;
  readonly to: string;
}

/** The references among properties: each `ref` shows its record under the property's name without `Id`. */
export function references(properties: Properties): readonly Reference[] {
  return Object.entries(properties).flatMap(([property, { type }]) =>
    type.kind === 'ref' ? [{ field: property.replace(/Id$/, ''), property, to: type.to }] : [],
  );
}

/** The records that refer to one: `CrmCustomer.quotes` are the quotes whose `customerId` is the customer's. */
export interface Backreference {
  readonly field: string;
  readonly from: Entity;
  readonly property: string;
}

/**
 * The back references of an entity. Only plain belonging counts: a property called like the entity (`customerId`),
 * the salesperson's among them, or `ownerId`. Others (`billToCustomerId`, `managerId`) are reached by a filter.
 */
export function backreferences(shape: SystemShape, entity: Entity): readonly Backreference[] {
  return Object.values(shape.entities).flatMap((from) =>
    references(from.properties)
      .filter(({ property, to }) => to === entity.name && belongs(property, to))
      .map(({ property }) => ({ field: `${uncapitalized(from.name)}s`, from, property })),
  );
}

function belongs(property: string, to: string): boolean {
  return property === `${uncapitalized(to)}Id` || property === 'ownerId';
}

/** The types that stand behind property types (choices, addresses, lists), each once. Two that differ are refused. */
export function namedTypes(shape: SystemShape): ReadonlyMap<string, NamedType> {
  const found = new Map<string, NamedType>();
  for (const entity of Object.values(shape.entities)) {
    for (const { type } of Object.values({ ...entity.properties, ...prefixed(entity.lines ?? {}) })) {
      if (type.kind !== 'choice' && type.kind !== 'address' && type.kind !== 'list') continue;
      const before = found.get(type.name);
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(type)) {
        throw new Error(`${entity.name} declares ${type.name} in another way than an entity before it`);
      }
      found.set(type.name, type);
    }
  }
  return found;
}

/** A property type that the graph shows as a type of its own. */
export type NamedType = Extract<PropertyType, { readonly name: string }>;

/** Lines may have properties of the same name as their document. */
function prefixed(lines: Properties): Properties {
  return Object.fromEntries(Object.entries(lines).map(([name, property]) => [`lines.${name}`, property]));
}

/** `Customer` → `customer`. */
export function uncapitalized(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
