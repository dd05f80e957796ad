import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from 'graphql';

/** A selection of every field of a type, and which fields of which types it holds (`CrmQuote.lines`). */
export interface Everything {
  readonly selection: string;
  readonly fields: ReadonlySet<string>;
}

/**
 * Selects every field of a type: lines, addresses and lists with all of theirs, other records by their id, and
 * connections with everything about the page.
 */
export function everythingOf(schema: GraphQLSchema, typeName: string): Everything {
  const fields = new Set<string>();
  const whole = (type: GraphQLObjectType): string =>
    Object.values(type.getFields())
      .map((field) => {
        fields.add(`${type.name}.${field.name}`);
        const named = getNamedType(field.type);
        return isObjectType(named) ? `${field.name} { ${partOf(named, type)} }` : field.name;
      })
      .join(' ');
  const partOf = (type: GraphQLObjectType, from: GraphQLObjectType): string => {
    if (isPart(type, from)) return whole(type);
    return Object.hasOwn(type.getFields(), 'id') ? '__typename id' : 'lineId';
  };
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`${typeName} is no object type`);
  return { selection: whole(type), fields };
}

/** Whether a type belongs to another, rather than being a record of its own. */
function isPart(type: GraphQLNamedType, from: GraphQLNamedType): boolean {
  if (type.name.endsWith('Line')) return from.name === type.name.slice(0, -'Line'.length);
  if (/(Connection|Edge)$/.test(type.name)) return true;
  return isObjectType(type) && !Object.hasOwn(type.getFields(), 'id');
}
