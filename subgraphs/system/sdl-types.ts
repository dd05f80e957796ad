import type { Entity, Properties, Property, PropertyType, SystemShape } from './entity.ts';
import {
  backreferences,
  lineTypeName,
  type NamedType,
  recordFields,
  references,
  typeName,
  uncapitalized,
} from './names.ts';
import { connectionArguments } from './sdl-connection.ts';
import { block, enumBlock, type SdlField } from './sdl-text.ts';

/** The object type of an entity with everything it refers to, and that of its lines. */
export function recordTypes(shape: SystemShape, entity: Entity): readonly string[] {
  const name = typeName(shape, entity);
  const fields: SdlField[] = [
    ...Object.entries(recordFields).map(([field, { type, doc }]) => ({
      name: field,
      text: `: ${type}`,
      doc,
    })),
    ...propertyFields(shape, entity.properties),
    ...backreferences(shape, entity).map(({ field, from, property }) => ({
      name: field,
      text: `${connectionArguments(shape, from)}: ${typeName(shape, from)}Connection!`,
      doc: `The ${uncapitalized(from.name)}s whose ${property} is this record's id.`,
    })),
  ];
  if (entity.lines === undefined)
    return [block(`type ${name} @key(fields: "id")`, entity.doc, distinct(name, fields))];
  const line = lineTypeName(shape, entity);
  const lineFields: SdlField[] = [
    { name: 'lineId', text: ': ID!', doc: 'Stable over every edit of the line.' },
    ...propertyFields(shape, entity.lines),
    {
      name: uncapitalized(entity.name),
      text: `: ${name}!`,
      doc: `The ${uncapitalized(entity.name)} it stands on.`,
    },
  ];
  return [
    block(
      `type ${name} @key(fields: "id")`,
      entity.doc,
      distinct(name, [...fields, { name: 'lines', text: `: [${line}!]!`, doc: 'Its lines in their order.' }]),
    ),
    block(`type ${line} @key(fields: "lineId")`, `A line of ${name}.`, distinct(line, lineFields)),
  ];
}

/** The output type of a property without its nullability. */
export function outputType(type: PropertyType): string {
  switch (type.kind) {
    case 'text':
    case 'code':
    case 'refCode':
      return 'String';
    case 'email':
      return 'Email';
    case 'phone':
      return 'Phone';
    case 'url':
      return 'URL';
    case 'currency':
      return 'Currency';
    case 'language':
      return 'Language';
    case 'int':
      return 'Int';
    case 'boolean':
      return 'Boolean';
    case 'date':
      return 'Date';
    case 'dateTime':
      return 'DateTime';
    case 'decimal':
    case 'money':
      return 'Decimal';
    case 'ref':
      return 'ID';
    case 'choice':
    case 'address':
      return type.name;
    case 'texts':
      return '[String!]';
    case 'list':
      return `[${type.name}!]`;
  }
}

/** The definition of a type that stands behind a property: an enum, an address, or the element of a list. */
export function namedTypeDefinition(type: NamedType): string {
  if (type.kind === 'choice') {
    return enumBlock(type.name, `One of ${type.values.length} choices.`, type.values);
  }
  if (type.kind === 'address') {
    const doc = 'One atomic value of six parts: it is read and written as a whole.';
    return block(`type ${type.name} @shareable`, doc, addressParts(type.parts));
  }
  return block(
    `type ${type.name} @shareable`,
    'One element of a list that is read and written as a whole.',
    Object.entries(type.of).map(([name, of]) => ({ name, text: `: ${outputType(of)}!` })),
  );
}

/** The six parts as fields; only the country is demanded. */
export function addressParts(parts: readonly string[]): readonly SdlField[] {
  return parts.map((name, index) => ({
    name,
    text: index === parts.length - 1 ? ': Country!' : ': String',
  }));
}

function propertyFields(shape: SystemShape, properties: Properties): readonly SdlField[] {
  const refers = new Map(references(properties).map((reference) => [reference.property, reference]));
  return Object.entries(properties).flatMap(([name, property]) => {
    const own = {
      name,
      text: `: ${outputType(property.type)}${bang(property)}${scope(property)}`,
      doc: docOf(property),
    };
    const reference = refers.get(name);
    if (reference === undefined) return [own];
    const record = `: ${shape.prefix}${reference.to}${scope(property)}`;
    return [own, { name: reference.field, text: record, doc: `The record of ${name}.` }];
  });
}

/** Scoped properties are nullable, so that refusing one leaves the rest of the record. */
function bang(property: Property): string {
  return property.required === true && property.scope === undefined ? '!' : '';
}

function scope(property: Property): string {
  return property.scope === undefined ? '' : ` @requiresScopes(scopes: [["read:${property.scope}"]])`;
}

/** The documentation of a property with its limit, where it has one. */
export function docOf({ doc, type }: Property): string {
  if (type.kind === 'text' && type.max !== undefined) return `${doc} At most ${type.max} characters.`;
  if (type.kind === 'code') return `${doc} At most ${type.max} characters.`;
  if (type.kind === 'decimal') return `${doc} Decimal(${type.precision},${type.scale}).`;
  if (type.kind === 'money')
    return `${doc} As many decimals as its currency has, and at most 16 digits before the point.`;
  return doc;
}

function distinct(type: string, fields: readonly SdlField[]): readonly SdlField[] {
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name)) throw new Error(`${type} would have two fields called ${name}: rename the property`);
    seen.add(name);
  }
  return fields;
}
