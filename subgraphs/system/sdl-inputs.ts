import type { Entity, Properties, Property, PropertyType, SystemShape } from './entity.ts';
import { lineTypeName, type NamedType, typeName } from './names.ts';
import { block, type SdlField } from './sdl-text.ts';
import { addressParts, docOf, outputType } from './sdl-types.ts';

/** The inputs of an entity: create, patch, and for a document those of its lines. */
export function inputTypes(shape: SystemShape, entity: Entity): readonly string[] {
  const name = typeName(shape, entity);
  const line = lineTypeName(shape, entity);
  const documents = entity.lines !== undefined;
  const create = block(`input Create${name}Input`, `What is left out of a new ${name} gets its default.`, [
    ...inputFields(entity.properties, 'demanding'),
    ...(documents ? [{ name: 'lines', text: `: [${line}Input!]`, doc: 'The lines in their order.' }] : []),
  ]);
  const patch = block(`input ${name}Patch`, 'What is left out stays; null clears.', [
    ...inputFields(entity.properties, 'patching'),
    ...(documents ? patchLines(line) : []),
  ]);
  return entity.lines === undefined ? [create, patch] : [create, patch, ...lineInputs(line, entity.lines)];
}

/** The input of a type that stands behind properties, or null for an enum, which is its own input. */
export function namedInputDefinition(type: NamedType): string | null {
  if (type.kind === 'choice') return null;
  if (type.kind === 'address') {
    const doc = 'A whole address; only the country is demanded.';
    return block(`input ${type.name}Input`, doc, addressParts(type.parts));
  }
  return block(
    `input ${type.name}Input`,
    'One element; the list is written as a whole.',
    Object.entries(type.of).map(([name, of]) => ({ name, text: `: ${outputType(of)}!` })),
  );
}

/** Whether a person may give the property. Computed ones and those the sync alone writes are absent from inputs. */
export function isWritable(property: Property): boolean {
  return property.access === undefined;
}

function patchLines(line: string): readonly SdlField[] {
  return [
    {
      name: 'lines',
      text: `: [${line}Input!]`,
      doc: 'The whole list of lines: one with a lineId stays and is changed, one without is new, the others are removed.',
    },
    { name: 'lineChanges', text: `: ${line}Changes`, doc: 'Touches single lines; not together with lines.' },
  ];
}

function lineInputs(line: string, properties: Properties): readonly string[] {
  const lineId = { name: 'lineId', text: ': ID', doc: 'Of a line that exists already.' };
  return [
    block(`input ${line}Input`, 'A line of the list.', [lineId, ...inputFields(properties, 'demanding')]),
    block(`input ${line}Patch`, 'A change of one line: what is left out stays; null clears.', [
      { name: 'lineId', text: ': ID!', doc: 'The line to change.' },
      ...inputFields(properties, 'patching'),
    ]),
    block(`input ${line}Changes`, 'Lines not named stay as they are.', [
      { name: 'add', text: `: [${line}Input!]`, doc: 'New lines, after the others.' },
      { name: 'change', text: `: [${line}Patch!]` },
      { name: 'remove', text: ': [ID!]', doc: 'lineIds of lines to remove.' },
    ]),
  ];
}

function inputFields(properties: Properties, mode: 'demanding' | 'patching'): readonly SdlField[] {
  return Object.entries(properties)
    .filter(([, property]) => isWritable(property))
    .map(([name, property]) => ({
      name,
      text: `: ${inputType(property.type)}${mode === 'demanding' && property.demanded === true ? '!' : ''}`,
      doc: docOf(property),
    }));
}

function inputType(type: PropertyType): string {
  if (type.kind === 'address') return `${type.name}Input`;
  if (type.kind === 'list') return `[${type.name}Input!]`;
  return outputType(type);
}
