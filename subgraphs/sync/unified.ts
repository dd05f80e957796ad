import { type FieldRule, homesOf, type Mapping, type MappingName } from '../../sync/index.ts';
import { crm } from '../crm/entities.ts';
import { erp } from '../erp/entities.ts';
import { choice, type Entity, type Property, type PropertyType, type SystemShape } from '../system/entity.ts';

/** The mappings by name. */
export type Mappings = Readonly<Record<MappingName, Mapping>>;

/** All mappings, as a list or by name. */
export type GivenMappings = readonly Mapping[] | Mappings;

/** Names of the unified types. */
export type UnifiedName = 'Customer' | 'Contact' | 'Product' | 'Quote' | 'Order' | 'User';

/** One property of a unified type: what a mapping carries, under its CRM name and with its CRM type. */
export interface UnifiedField {
  readonly name: string;
  /** Key in the stored values. */
  readonly canonical: string;
  readonly type: PropertyType;
  readonly nonNull: boolean;
  readonly property: Property;
  /** `deal`: kept with the quoteOrder link of the same quote. */
  readonly from: 'own' | 'deal';
  /** For references: the unified type and the field that shows it. */
  readonly refers?: { readonly to: UnifiedName; readonly field: string };
}

/** One unified type: which links are its records, and what they show. */
export interface UnifiedType {
  readonly name: UnifiedName;
  readonly mapping: MappingName;
  readonly crm: string;
  readonly erp: string;
  readonly doc: string;
  readonly title: string;
  readonly fields: readonly UnifiedField[];
  readonly lines: readonly UnifiedField[] | null;
}

/** All unified types, with what is looked up often. */
export interface Unified {
  readonly types: Readonly<Record<UnifiedName, UnifiedType>>;
  /** The type whose records are the links of a mapping; none for the links between documents and orders. */
  readonly ofMapping: ReadonlyMap<string, UnifiedType>;
  readonly mappings: Mappings;
  /** The types as a system of their own: for everything that is derived from declarations. */
  readonly shape: SystemShape;
}

/** Statuses of a unified order: the CRM's, and PROPOSAL while the deal's quote is still open. */
const orderStatus = choice('UnifiedOrderStatus', [
  'PROPOSAL',
  ...(crm.entities.Order.properties.status.type.values as readonly string[]),
]);

/** Derives the unified types from the mappings: the one list of fields. */
export function unify(given: GivenMappings): Unified {
  const mappings = Object.fromEntries(
    Object.values(given).map((mapping) => [mapping.name, mapping]),
  ) as Mappings;
  const homes = homesOf(Object.values(given));
  const types = Object.fromEntries(
    (Object.keys(docs) as UnifiedName[]).map((name) => [name, unifiedType(mappings, name, homes.crm[name]!)]),
  ) as Record<UnifiedName, UnifiedType>;
  return {
    types,
    ofMapping: new Map(Object.values(types).map((type) => [type.mapping, type])),
    mappings,
    shape: shapeOf(Object.values(types)),
  };
}

const docs: Readonly<Record<UnifiedName, string>> = {
  Customer: 'A customer, as both systems know it.',
  Contact: 'A person at a customer, as both systems know them.',
  Product: 'A product, as both systems know it.',
  Quote: 'A quote, as both systems know it.',
  Order:
    'An order, as both systems know it: from the PROPOSAL on, which has no CRM order yet and keeps its id when that comes.',
  User: 'Someone who sells: a CRM user with the ERP salesperson and the orders linked to them.',
};

/** References carry ids; the code lists may miss a code; both would make a non-null field fail its record. */
const mayBeMissing: ReadonlySet<PropertyType['kind']> = new Set([
  'ref',
  'refCode',
  'code',
  'currency',
  'language',
]);

function unifiedType(mappings: Mappings, name: UnifiedName, mappingName: MappingName): UnifiedType {
  const mapping = mappings[mappingName];
  const crmEntity = entityOf(crm, mapping.crm);
  const erpEntity = entityOf(erp, mapping.erp);
  const own = fieldsOf(mapping.fields, crmEntity.properties, erpEntity.properties, 'own');
  const known = new Set(own.map((field) => field.name));
  const deal = name === 'Quote' ? dealFields(mappings).filter((field) => !known.has(field.name)) : [];
  return {
    name,
    mapping: mappingName,
    crm: mapping.crm,
    erp: mapping.erp,
    doc: `${docs[name]} The plain fields hold the value both sides agree on, or what its only side showed last; crm and erp show each side as it is now.`,
    title: crmEntity.title,
    fields: inDeclaredOrder([...own, ...deal], crmEntity.properties).map((field) =>
      name === 'Order' && field.name === 'status' ? { ...field, type: orderStatus } : field,
    ),
    lines: mapping.lines
      ? inDeclaredOrder(
          fieldsOf(mapping.lines, crmEntity.lines ?? {}, erpEntity.lines ?? {}, 'own'),
          crmEntity.lines ?? {},
        )
      : null,
  };
}

/** What only the link between a quote and its ERP order carries: the order's number, how far it is … */
function dealFields(mappings: Mappings): readonly UnifiedField[] {
  const { crm: name, erp: other, fields } = mappings.quoteOrder;
  return fieldsOf(fields, entityOf(crm, name).properties, entityOf(erp, other).properties, 'deal').map(
    (field) => ({ ...field, nonNull: false }),
  );
}

function fieldsOf(
  rules: Readonly<Record<string, FieldRule>>,
  crmProperties: Readonly<Record<string, Property>>,
  erpProperties: Readonly<Record<string, Property>>,
  from: UnifiedField['from'],
): readonly UnifiedField[] {
  return Object.entries(rules).flatMap(([canonical, rule]) => {
    const name = rule.crm ?? canonical;
    const property = crmProperties[name];
    if (property === undefined || rule.way === 'off') return [];
    const required = {
      crm: rule.required?.crm ?? property.required === true,
      erp: rule.required?.erp ?? (rule.erp !== null && erpProperties[rule.erp]?.required === true),
    };
    const { type } = property;
    const field = {
      name,
      canonical,
      type,
      // One-way values are missing until the other side has its record, contested ones while a person has to decide,
      // and of an order of lines only the order is agreed on.
      nonNull:
        required.crm &&
        required.erp &&
        rule.way === 'both' &&
        rule.derived !== true &&
        rule.guarded !== true &&
        rule.order !== true &&
        rule.wins !== 'inbox' &&
        property.scope === undefined &&
        !mayBeMissing.has(type.kind),
      property,
      from,
    };
    if (type.kind !== 'ref') return [field];
    return [{ ...field, refers: { to: type.to as UnifiedName, field: name.replace(/Id$/, '') } }];
  });
}

function inDeclaredOrder(
  fields: readonly UnifiedField[],
  declared: Readonly<Record<string, Property>>,
): readonly UnifiedField[] {
  const place = new Map(Object.keys(declared).map((name, index) => [name, index]));
  return fields.toSorted((a, b) => (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0));
}

function shapeOf(types: readonly UnifiedType[]): SystemShape {
  const declare = (fields: readonly UnifiedField[]) =>
    Object.fromEntries(fields.map((field) => [field.name, { ...field.property, type: field.type }]));
  return {
    prefix: '',
    schema: 'sync',
    entities: Object.fromEntries(
      types.map((type) => [
        type.name,
        {
          name: type.name,
          doc: type.doc,
          title: type.title,
          properties: declare(type.fields),
          ...(type.lines && { lines: declare(type.lines) }),
        } satisfies Entity,
      ]),
    ),
  };
}

function entityOf(shape: SystemShape, name: string): Entity {
  const found = shape.entities[name];
  if (found === undefined) throw new Error(`${shape.prefix} has no entity ${name}`);
  return found;
}
