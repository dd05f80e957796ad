import type { EntityShape, PropertyShapes } from './define-mapping.ts';
import type { FieldRule, Mapping } from './mapping.ts';
import { sides, stages } from './sides.ts';
import type { Side, Stage } from './types.ts';

/** The entities of both systems as they are declared, by name. */
export type Shapes = Readonly<Record<Side, Readonly<Record<string, EntityShape>>>>;

/** How many rows each mapping has to have; a mapping that is not named is not counted. */
export type Rows = Readonly<Record<string, number>>;

/**
 * Everything that is wrong with the mappings, in words that name the mapping, the field and the remedy; empty when all
 * is well. Runs at start-up: a mapping that could write nonsense must not run at all.
 */
export function checkMappings(
  mappings: readonly Mapping[],
  shapes: Shapes,
  rows: Rows = {},
): readonly string[] {
  return [
    ...mappings.flatMap((mapping) => [
      ...checkProperties(mapping, shapes),
      ...checkRows(mapping, rows),
      ...checkFields(mapping),
    ]),
    ...checkHomes(mappings),
    ...checkWriters(mappings),
  ];
}

/** A new record is taken in by one flow, or it would depend on their order which. */
function checkHomes(mappings: readonly Mapping[]): readonly string[] {
  const own = mappings.filter(({ between }) => !between);
  return sides.flatMap((side) =>
    [...Map.groupBy(own, (mapping) => mapping[side])].flatMap(([entity, rivals]) =>
      rivals.length > 1
        ? [
            `${rivals.map((mapping) => mapping.name).join(' and ')} both take in a new ${entity} of the ${name(side)}. Mark what only relates such records as between.`,
          ]
        : [],
    ),
  );
}

function checkProperties(mapping: Mapping, shapes: Shapes): readonly string[] {
  return (['crm', 'erp'] as const).flatMap((side) => {
    const shape = shapes[side][mapping[side]];
    if (!shape) return [`${mapping.name}: the ${name(side)} has no entity ${mapping[side]}. Declare it.`];
    return [
      ...unknown(mapping.name, mapping.fields, shape.properties, side, ['id']),
      ...unknown(`${mapping.name}.lines`, mapping.lines ?? {}, shape.lines ?? {}, side, ['lineId']),
    ];
  });
}

const unknown = (
  where: string,
  table: Readonly<Record<string, FieldRule>>,
  shape: PropertyShapes,
  side: Side,
  besides: readonly string[],
): readonly string[] =>
  Object.entries(table).flatMap(([field, rule]) => {
    const property = rule[side];
    if (property === null || besides.includes(property) || Object.hasOwn(shape, property)) return [];
    return [
      `${where}.${field}: the ${name(side)} has no property ${property}. Correct the row or declare it.`,
    ];
  });

function checkRows(mapping: Mapping, rows: Rows): readonly string[] {
  const problems: string[] = [];
  for (const [where, table] of [
    [mapping.name, mapping.fields],
    ['lines', mapping.lines ?? {}],
  ] as const) {
    const wanted = rows[where];
    if (wanted === undefined || (where === 'lines' && !mapping.lines)) continue;
    const there = new Set(Object.values(table).map(({ row }) => row));
    if (where !== 'lines' && mapping.linesRow !== undefined) there.add(mapping.linesRow);
    for (let row = 1; row <= wanted; row++)
      if (!there.has(row)) problems.push(`${mapping.name}: row ${row} of ${where} is missing. Map it.`);
  }
  return problems;
}

function checkFields(mapping: Mapping): readonly string[] {
  const problems: string[] = [];
  const tables = [mapping.fields, mapping.lines ?? {}];
  for (const table of tables)
    for (const [field, rule] of Object.entries(table)) {
      if (rule.pair && !table[rule.pair])
        problems.push(`${mapping.name}.${field}: its pair ${rule.pair} is no field. Name the other half.`);
      if (rule.wins === 'rank' && !rule.states)
        problems.push(`${mapping.name}.${field}: wins by rank without a state map. Name the map.`);
      if (rule.content && !mapping.carries && rule.row > 0 && table === mapping.fields)
        problems.push(
          `${mapping.name}.${field}: content of a mapping that never carries any. Say when it does.`,
        );
    }
  for (const key of mapping.match)
    for (const field of key.fields)
      if (!mapping.fields[field])
        problems.push(`${mapping.name}: match key ${field} is no field. Correct it.`);
  return problems;
}

/** Two mappings must never write one property of one ERP entity at the same stage, or they would fight over it. */
function checkWriters(mappings: readonly Mapping[]): readonly string[] {
  const writers = new Map<string, string>();
  const problems: string[] = [];
  for (const mapping of mappings)
    for (const [field, rule] of Object.entries(mapping.fields)) {
      if (rule.erp === null || rule.derived || (rule.way !== 'both' && rule.way !== 'toErp')) continue;
      for (const stage of stagesOf(mapping, rule)) {
        const place = `${mapping.erp}.${rule.erp} at stage ${stage}`;
        const first = writers.get(place);
        if (first === undefined) writers.set(place, `${mapping.name}.${field}`);
        else if (first !== `${mapping.name}.${field}`)
          problems.push(
            `${first} and ${mapping.name}.${field} both write ${place}. Let one of them carry it.`,
          );
      }
    }
  return problems;
}

/** When a field is written: content while the mapping carries it; a mapping of the order only once there is an order. */
function stagesOf(mapping: Mapping, rule: FieldRule): readonly Stage[] {
  const given = rule.stages ?? stages;
  const carries = mapping.carries;
  if (!carries) return given;
  if (rule.content) return given.filter((stage) => carries.includes(stage));
  // a link that carries content later than another exists only from then on
  return carries.includes('quote') ? given : given.filter((stage) => carries.includes(stage));
}

const name = (side: Side): string => (side === 'crm' ? 'CRM' : 'ERP');
