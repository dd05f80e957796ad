import type { Entity, Properties, Property, SystemShape } from './entity.ts';

/** How one property is stored: a column of its header's or line's table. */
export interface Column {
  /** The property's name. */
  readonly name: string;
  readonly property: Property;
  /** The column's name, `customer_no` for `customerNo`. */
  readonly column: string;
  readonly sqlType: 'text' | 'numeric' | 'integer' | 'boolean' | 'date' | 'timestamptz' | 'jsonb';
  /** A literal default, for rows that are inserted by raw SQL. */
  readonly literal?: string | number | boolean;
}

/** The tables of one entity. Names are without quotes; `order` and `user` need them. */
export interface EntityTable {
  readonly entity: Entity;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly Column[];
  /** A document's lines; `document_id` names their header. */
  readonly lines?: { readonly table: string; readonly columns: readonly Column[] };
}

/** The tables of every entity of a system, by the entity's name. */
export function tablesOf(shape: SystemShape): Readonly<Record<string, EntityTable>> {
  return Object.fromEntries(
    Object.values(shape.entities).map((entity) => [entity.name, tableOf(shape.schema, entity)]),
  );
}

function tableOf(schema: string, entity: Entity): EntityTable {
  const table = snake(entity.name);
  const columns = columnsOf(entity.properties);
  if (!entity.lines) return { entity, schema, table, columns };
  return {
    entity,
    schema,
    table,
    columns,
    lines: { table: `${table}_line`, columns: columnsOf(entity.lines) },
  };
}

function columnsOf(properties: Properties): readonly Column[] {
  return Object.entries(properties)
    .filter(([, property]) => !property.derived)
    .map(([name, property]) => ({
      name,
      property,
      column: snake(name),
      sqlType: sqlTypeOf(property),
      ...literalOf(property),
    }));
}

function sqlTypeOf({ type }: Property): Column['sqlType'] {
  switch (type.kind) {
    case 'int':
      return 'integer';
    case 'boolean':
      return 'boolean';
    case 'date':
      return 'date';
    case 'dateTime':
      return 'timestamptz';
    // Without precision and scale, so that what is stored is what was written, digit for digit.
    case 'decimal':
    case 'money':
      return 'numeric';
    case 'address':
    case 'list':
    case 'texts':
      return 'jsonb';
    default:
      return 'text';
  }
}

function literalOf({ default: value }: Property): { literal?: string | number | boolean } {
  const named = value === 'today' || (typeof value === 'string' && value.startsWith('setting:'));
  return value === undefined || named ? {} : { literal: value };
}

/** `customerNo` → `customer_no`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at: number) => (at === 0 ? '' : '_') + letter.toLowerCase());
}
