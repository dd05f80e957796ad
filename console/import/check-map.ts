import type { Entity, Properties, SystemShape } from '../../subgraphs/system/entity.ts';
import type { ImportMap } from './map-file.ts';
import { refuseMistakes } from './mistake.ts';
import { didYouMean } from './nearest.ts';
import { columnsOf, type LookupSource, type PartSource, type Source, templateColumns } from './source.ts';

/** Checks a map against what the system declares. Throws an ImportMistake that names every unknown property, part, entity and table with the nearest name. */
export function checkMap(map: ImportMap, mapFile: string, shape: SystemShape, entityName: string): Entity {
  const entity = shape.entities[entityName];
  if (!entity) {
    refuseMistakes(mapFile, [
      `entity "${entityName}" is none of the ${shape.prefix}. ${didYouMean(entityName, Object.keys(shape.entities))}`,
    ]);
    throw new Error('unreachable');
  }
  const known: Known = { map, shape };
  const mistakes = [
    ...fieldMistakes(known, 'fields', map.fields, entity.properties, entity.name),
    ...Object.entries(entity.properties)
      .filter(([name, { demanded }]) => demanded && !isGiven(map, entity.properties, name))
      .map(([name]) => `fields.${name} is missing: ${entity.name} demands it.`),
  ];
  if (map.lines.length > 0 && !entity.lines) mistakes.push(`lines: ${entity.name} has no lines.`);
  for (const [n, line] of map.lines.entries()) {
    const path = `lines[${n}]`;
    if (entity.lines)
      mistakes.push(
        ...fieldMistakes(known, `${path}.fields`, line.fields, entity.lines, `a line of ${entity.name}`),
      );
    if (line.file === undefined && line.match)
      mistakes.push(`${path}.match is for lines of a second file: add "file", or leave it out.`);
    if (line.file !== undefined && Object.keys(line.match ?? {}).length !== 1)
      mistakes.push(
        `${path}.match has to name one column of ${line.file} and the column of the documents it equals, such as {"order_id": "order_id"}.`,
      );
    for (const [name, sources] of Object.entries(line.fields))
      if (sources.some(({ later }) => later))
        mistakes.push(`${path}.fields.${name}.later is for the fields of the document alone.`);
  }
  refuseMistakes(mapFile, mistakes);
  return entity;
}

/** Checks that the CSV file has every column the map reads. `prefix` columns are those of the document's own row. */
export function checkColumns(
  mapFile: string,
  csvFile: string,
  header: readonly string[],
  wanted: readonly string[],
): void {
  const missing = [...new Set(wanted)].filter((column) => !header.includes(column));
  const [only = ''] = header;
  if (missing.length > 0 && header.length === 1 && /[,;\t|]/.test(only))
    refuseMistakes(mapFile, [
      `the one column of ${csvFile} is "${only}": set csv.delimiter to what parts its columns.`,
    ]);
  refuseMistakes(
    mapFile,
    missing.map((column) => `column "${column}" is not in ${csvFile}. ${didYouMean(column, header)}`),
  );
}

/** Columns that a map reads from its own file. */
export function headerColumns(map: ImportMap): readonly string[] {
  return [
    ...templateColumns(map.key),
    ...(map.when ? [map.when.column] : []),
    ...Object.values(map.fields).flatMap((sources) => sources.flatMap(columnsOf)),
    ...map.lines.flatMap((line) => {
      const own = lineColumns(line);
      return line.file === undefined
        ? own.map((column) => column.replace(/^header:/, ''))
        : [
            ...own
              .filter((column) => column.startsWith('header:'))
              .map((column) => column.slice('header:'.length)),
            ...Object.values(line.match ?? {}),
          ];
    }),
  ];
}

/** Columns that the lines of a second file read from it. */
export function lineFileColumns(line: ImportMap['lines'][number]): readonly string[] {
  return [
    ...Object.keys(line.match ?? {}),
    ...lineColumns(line).filter((column) => !column.startsWith('header:')),
  ];
}

function lineColumns(line: ImportMap['lines'][number]): readonly string[] {
  return [
    ...templateColumns(line.key),
    ...(line.when ? [line.when.column] : []),
    ...Object.values(line.fields).flatMap((sources) => sources.flatMap(columnsOf)),
  ];
}

interface Known {
  readonly map: ImportMap;
  readonly shape: SystemShape;
}

// A reference may be given by its id or by its code.
function isGiven(map: ImportMap, properties: Properties, name: string): boolean {
  const codes = Object.entries(properties).flatMap(([code, { type }]) =>
    type.kind === 'refCode' && type.ref === name ? [code] : [],
  );
  return [name, ...codes].some((one) => one in map.fields);
}

function fieldMistakes(
  known: Known,
  path: string,
  fields: ImportMap['fields'],
  properties: Properties,
  owner: string,
): string[] {
  return Object.entries(fields).flatMap(([name, sources]) => {
    const property = properties[name];
    if (!property)
      return [`${path}.${name}: ${owner} has no such property. ${didYouMean(name, writable(properties))}`];
    if (property.access === 'read')
      return [`${path}.${name} is computed by the system and cannot be imported: leave it out.`];
    return sources.flatMap((source, n) =>
      sourceMistakes(
        known,
        `${path}.${name}${sources.length > 1 ? `[${n}]` : ''}`,
        source,
        properties,
        property.type,
      ),
    );
  });
}

function sourceMistakes(
  known: Known,
  path: string,
  source: Source,
  properties: Properties,
  type: Properties[string]['type'],
): string[] {
  const mistakes = stepMistakes(known, path, source, properties);
  if (source.date !== undefined && type.kind !== 'date' && type.kind !== 'dateTime')
    mistakes.push(`${path}.date: the property is no date.`);
  if (source.boolean !== undefined && type.kind !== 'boolean')
    mistakes.push(`${path}.boolean: the property is neither true nor false.`);
  if (source.address !== undefined) {
    if (type.kind !== 'address') return [...mistakes, `${path}.address: the property is no address.`];
    for (const [part, one] of Object.entries(source.address)) {
      if (!type.parts.includes(part))
        mistakes.push(`${path}.address.${part} is no part of it. ${didYouMean(part, type.parts)}`);
      mistakes.push(...stepMistakes(known, `${path}.address.${part}`, one, properties));
    }
  }
  return mistakes;
}

function stepMistakes(
  known: Known,
  path: string,
  source: Source | PartSource,
  properties: Properties,
): string[] {
  const mistakes: string[] = [];
  const tables = Object.keys(known.map.tables);
  if (typeof source.table === 'string' && !tables.includes(source.table))
    mistakes.push(
      `${path}.table: there is no table "${source.table}" under "tables". ${didYouMean(source.table, tables)}`,
    );
  if (source.lookup)
    mistakes.push(...lookupMistakes(known.shape, `${path}.lookup`, source.lookup, properties));
  return mistakes;
}

function lookupMistakes(
  shape: SystemShape,
  path: string,
  lookup: LookupSource,
  properties: Properties,
): string[] {
  const entity = shape.entities[lookup.entity];
  if (!entity)
    return [
      `${path}.entity "${lookup.entity}" is none of the ${shape.prefix}. ${didYouMean(lookup.entity, Object.keys(shape.entities))}`,
    ];
  const names = [
    'key',
    ...Object.keys(entity.properties).filter((name) => !entity.properties[name]!.derived),
  ];
  const unknown = [lookup.by].flat().filter((name) => !names.includes(name));
  const mistakes = unknown.map(
    (name) => `${path}.by: ${entity.name} has no property "${name}". ${didYouMean(name, names)}`,
  );
  const into = typeof lookup.missing === 'object' ? lookup.missing.into : undefined;
  if (into !== undefined && !(into in properties))
    mistakes.push(
      `${path}.missing.into: there is no property "${into}" here. ${didYouMean(into, writable(properties))}`,
    );
  return mistakes;
}

function writable(properties: Properties): readonly string[] {
  return Object.keys(properties).filter((name) => properties[name]!.access !== 'read');
}
