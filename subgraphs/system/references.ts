import type { Json } from '../../sync/core/types.ts';
import { badInput, Refusal } from './failures.ts';
import type { EntityModel, Fields, PartModel, Row } from './model.ts';
import { storedValue } from './model.ts';
import type { GivenLine, Item } from './prepare.ts';
import type { Rules } from './rules.ts';
import { arrayLiteral, type Run } from './sql-text.ts';

/** Records that a batch refers to, by entity: by id, and by the code that a refCode names. */
export interface Known {
  readonly byId: ReadonlyMap<string, ReadonlyMap<string, Fields>>;
  readonly byCode: ReadonlyMap<string, ReadonlyMap<string, Fields>>;
}

/**
 * Looks up what the writes of one entity refer to: one statement per referred entity, locked against deletion until
 * the end of the transaction.
 */
export function lookUpReferences(
  run: Run,
  models: Readonly<Record<string, EntityModel>>,
  rules: Rules,
  items: readonly Item[],
): Promise<Known> {
  const wanted: Wanted = new Map();
  const want = (to: string): Sought => {
    const found = wanted.get(to) ?? sought();
    wanted.set(to, found);
    return found;
  };
  for (const { model, given, lines, lineChanges } of items) {
    gather(model.header, given, want);
    if (!model.line) continue;
    for (const line of [...(lines ?? []), ...lineChanges]) {
      gather(model.line, line.fields, want);
      gatherStored(model.line, line, rules.judged, want);
    }
  }
  return seeAll(run, models, rules, wanted);
}

/** How records of one entity are found. */
interface Sought {
  readonly ids: Set<string>;
  readonly codes: Set<string>;
  code: string | null;
  /** Lines that refer to them, by the query that tells to which. */
  readonly lines: Map<string, Set<string>>;
}

type Wanted = Map<string, Sought>;

const sought = (): Sought => ({ ids: new Set(), codes: new Set(), code: null, lines: new Map() });

function gather(part: PartModel, given: Readonly<Fields>, want: (to: string) => Sought): void {
  for (const { name, to } of part.refs) {
    const value = given[name];
    if (typeof value === 'string') want(to).ids.add(value);
  }
  for (const { name, to, code } of part.codes) {
    const value = given[name];
    if (typeof value !== 'string') continue;
    const entry = want(to);
    entry.codes.add(value);
    entry.code = code;
  }
}

/** A line that does not say what it refers to is judged by what is stored, if it gives what is judged so. */
function gatherStored(
  part: PartModel,
  { lineId, isNew, fields }: GivenLine,
  judged: ReadonlySet<string>,
  want: (to: string) => Sought,
): void {
  if (isNew === true || !Object.keys(fields).some((name) => judged.has(name))) return;
  for (const { name, to } of part.refs) {
    if (Object.hasOwn(fields, name)) continue;
    const column = part.columns.find((one) => one.name === name)!.column;
    const query = `select l."${column}" from ${part.table} l where l.line_id in`;
    const { lines } = want(to);
    const ids = lines.get(query) ?? new Set();
    lines.set(query, ids.add(lineId));
  }
}

async function seeAll(
  run: Run,
  models: Readonly<Record<string, EntityModel>>,
  rules: Rules,
  wanted: Wanted,
): Promise<Known> {
  const byId = new Map<string, ReadonlyMap<string, Fields>>();
  const byCode = new Map<string, ReadonlyMap<string, Fields>>();
  // Targets of `through` are seen with the records that lead to them.
  for (const [to, paths] of Object.entries(rules.through ?? {})) {
    const leads = paths.some((path) => wanted.has(path.slice(0, path.indexOf('.'))));
    if (leads && !wanted.has(to)) wanted.set(to, sought());
  }
  await Promise.all(
    // In a fixed order, so that two batches lock in the same order.
    [...wanted]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(async ([to, those]) => {
        const { code } = those;
        const model = models[to]!;
        const rows = await run(...seeSql(models, rules, model, those, wanted));
        const found = rows.map((row) => seen(model, rules, code, row));
        byId.set(to, new Map(found.map((fields) => [fields.id as string, fields])));
        if (code) byCode.set(to, new Map(found.map((fields) => [fields[code] as string, fields])));
      }),
  );
  return { byId, byCode };
}

function seeSql(
  models: Readonly<Record<string, EntityModel>>,
  rules: Rules,
  model: EntityModel,
  { ids, codes, code, lines }: Sought,
  wanted: Wanted,
): [string, string[]] {
  const columns = seenColumns(model, rules, code).map(({ column }) => `t."${column}"`);
  const parameters: string[] = [];
  const among = (values: ReadonlySet<string>): string => {
    parameters.push(arrayLiteral(values));
    return `(select unnest($${parameters.length}::text::text[]))`;
  };
  // Each way to an id is a branch of its own: joined by "or" they would read the whole table.
  const ways = [among(ids)];
  if (code)
    ways.push(`select id from ${model.header.table} where "${columnOf(model, code)}" in ${among(codes)}`);
  for (const [query, of] of lines) ways.push(`${query} ${among(of)}`);
  for (const path of rules.through?.[model.name] ?? []) {
    const [from = '', property = ''] = path.split('.');
    const source = models[from]!;
    const via = wanted.get(from);
    if (!via) continue;
    const select = `select s."${columnOf(source, property)}" from ${source.header.table} s where`;
    ways.push(`${select} s.id in ${among(via.ids)}`);
    if (via.code) ways.push(`${select} s."${columnOf(source, via.code)}" in ${among(via.codes)}`);
  }
  return [
    `select t.id, t.archived${columns.length > 0 ? `, ${columns.join(', ')}` : ''} from ${model.header.table} t
     where t.id in (${ways.join(' union all ')}) order by t.id for key share of t`,
    parameters,
  ];
}

function seenColumns(model: EntityModel, rules: Rules, code: string | null) {
  const names = new Set([...(rules.sees[model.name] ?? []), ...codeNames(model), ...(code ? [code] : [])]);
  return model.header.columns.filter(({ name }) => names.has(name));
}

// Codes of an entity are its own number, which a reference by id fills in.
function codeNames(model: EntityModel): readonly string[] {
  return model.table.entity.series ? [model.table.entity.series.property] : [];
}

function seen(model: EntityModel, rules: Rules, code: string | null, row: Row): Fields {
  const fields: Fields = { id: row.id as string, archived: row.archived as boolean };
  for (const { name, column, property } of seenColumns(model, rules, code))
    fields[name] = storedValue(property.type, row[column]);
  return fields;
}

function columnOf(model: EntityModel, name: string): string {
  return model.header.columns.find((column) => column.name === name)!.column;
}

/** Puts id and code of every given reference in place; throws UNKNOWN_REFERENCE. */
export function resolveReferences(
  part: PartModel,
  fields: Fields,
  given: ReadonlySet<string>,
  known: Known,
  path: string,
): void {
  for (const { name, to, ref, code } of part.codes) {
    const byRef = given.has(ref) && fields[ref] !== null;
    const byCode = given.has(name) && fields[name] !== null;
    if (!given.has(ref) && !given.has(name)) continue;
    if (!byRef && !byCode) {
      fields[ref] = null;
      fields[name] = null;
      continue;
    }
    const target = byRef
      ? known.byId.get(to)?.get(fields[ref] as string)
      : known.byCode.get(to)?.get(fields[name] as string);
    if (!target) throw unknown(path + (byRef ? ref : name), fields[byRef ? ref : name]!, to);
    if (byRef && byCode && target[code] !== fields[name]) {
      throw badInput(path + name, fields[name], `names another ${to} than ${ref}; give one of the two.`);
    }
    fields[ref] = target.id!;
    fields[name] = target[code]!;
  }
  for (const { name, to } of part.refs) {
    if (!given.has(name) || fields[name] === null) continue;
    if (!known.byId.get(to)?.has(fields[name] as string)) throw unknown(path + name, fields[name]!, to);
  }
}

function unknown(field: string, value: Json, to: string): Refusal {
  return new Refusal('UNKNOWN_REFERENCE', `${field}: there is no ${to} ${JSON.stringify(value)}.`, {
    field,
    value,
  });
}
