import { type EntityModel, type PartModel, selectionOf } from './model.ts';
import { references } from './names.ts';

/** Names of fields as an operation selects them, whatever their type: what is read has these and may have more. */
export type Names = ReadonlySet<string>;

/** Narrow models kept per entity: each is a statement of its own, which connections and PostgreSQL remember. */
const kept = 50;

const byModel = new WeakMap<EntityModel, Map<string, EntityModel>>();

/** A model that reads what fields of certain names show. Who has asked for too many different ones reads all. */
export function narrowed(model: EntityModel, names: Names | undefined): EntityModel {
  if (names === undefined) return model;
  const header = columnsFor(model.header, model.table.entity.properties, names, model.currency);
  const line = model.line && names.has('lines') ? lineFor(model, names) : null;
  const narrow = part(model.header, header, names);
  return known(model, narrow, line);
}

/** The same for lines that are read without their document. */
export function narrowedLines(model: EntityModel, names: Names | undefined): EntityModel {
  if (names === undefined || !model.line) return model;
  const line = lineFor(model, names);
  return known(model, model.header, line);
}

type Columns = PartModel['columns'];

function known(model: EntityModel, header: PartModel, line: PartModel | null): EntityModel {
  const key = `${header.selection}|${line?.selection}`;
  const models = byModel.get(model) ?? new Map<string, EntityModel>();
  byModel.set(model, models);
  const found = models.get(key);
  if (found) return found;
  if (models.size >= kept) return model;
  const made = { ...model, header, line };
  models.set(key, made);
  return made;
}

function lineFor({ line, lineOrder, table }: EntityModel, names: Names): PartModel {
  const columns = columnsFor(line!, table.entity.lines ?? {}, names, lineOrder!.name);
  return part(line!, columns, names);
}

function columnsFor(
  { columns }: PartModel,
  properties: Parameters<typeof references>[0],
  names: Names,
  always: string | null,
): Columns {
  const shown = new Set(
    references(properties).flatMap(({ field, property }) => (names.has(field) ? [property] : [])),
  );
  return columns.filter(({ name }) => names.has(name) || shown.has(name) || name === always);
}

function part(whole: PartModel, columns: Columns, names: Names): PartModel {
  const derived = whole.derived.filter((name) => names.has(name));
  const expressions = Object.fromEntries(derived.map((name) => [name, whole.expressions[name]!]));
  return { ...whole, columns, derived, expressions, selection: selectionOf(whole.own, columns, expressions) };
}
