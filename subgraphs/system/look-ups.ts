import type { Json, SystemRecord } from '../../sync/core/types.ts';
import type { Company } from './company.ts';
import { type EntityModel, linesSql, type Row } from './model.ts';
import type { Item } from './prepare.ts';
import { selectRecords, withLines } from './read.ts';
import type { Rules } from './rules.ts';
import { arrayLiteral, listed, type Run } from './sql-text.ts';

/** Locks the records to be changed, in the order of their ids; against deletion too where one is to be deleted. */
export function lock(
  run: Run,
  model: EntityModel,
  updates: readonly Item[],
  forDeletion: boolean,
): Promise<readonly Row[]> {
  if (updates.length === 0) return Promise.resolve([]);
  const strength = forDeletion ? 'update' : 'no key update';
  return run(
    `select ${model.header.selection} from ${model.header.table} t where t.id = any(${listed('$1')}) order by t.id for ${strength} of t`,
    [arrayLiteral(updates.map(({ id }) => id))],
  );
}

/** The lines of locked documents: a statement of its own behind the lock, so that its snapshot is younger than the wait. */
export async function lockedLines(
  run: Run,
  model: EntityModel,
  updates: readonly Item[],
): Promise<ReadonlyMap<string, unknown>> {
  if (!model.line || updates.length === 0) return new Map();
  const rows = await run(
    `select l.document_id as id, ${linesSql(model)} as lines from ${model.line.table} l where l.document_id = any(${listed('$1')}) group by 1`,
    [arrayLiteral(updates.map(({ id }) => id))],
  );
  return new Map(rows.map((row) => [row.id as string, row.lines]));
}

/** Records that creates would make again. */
export interface Existing {
  readonly byKey: ReadonlyMap<string, SystemRecord>;
  readonly byId: ReadonlyMap<string, SystemRecord>;
  /** Ids of those that had a create's key and were deleted. */
  readonly deleted: ReadonlyMap<string, string>;
}

/** Of no create. */
export const nobody: Existing = { byKey: new Map(), byId: new Map(), deleted: new Map() };

/** Looks up records that have the creates' keys or ids. */
export async function existingCreates(
  run: Run,
  schema: string,
  company: Company,
  model: EntityModel,
  creates: readonly Item[],
): Promise<Existing> {
  const keys = creates.flatMap(({ key }) => (key === null ? [] : [key]));
  const ids = creates.flatMap(({ ownId, id }) => (ownId ? [id] : []));
  if (keys.length === 0 && ids.length === 0) return nobody;
  const [rows, gone] = await Promise.all([
    run(
      // Not by "or": that would read the whole table.
      `${selectRecords(model)} where t.id in (select id from ${model.header.table} where create_key in (select unnest($1::text::text[])) union all select unnest($2::text::text[]))`,
      [arrayLiteral(keys), arrayLiteral(ids)],
    ),
    run(
      `select create_key, id from "${schema}".tombstone where create_key in (select unnest($1::text::text[]))`,
      [arrayLiteral(keys)],
    ),
  ]);
  const records = rows.map((row) => [row, withLines(model, company, row, row.lines)] as const);
  return {
    byKey: new Map(
      records.flatMap(([row, record]) =>
        row.create_key === null ? [] : [[row.create_key as string, record]],
      ),
    ),
    byId: new Map(records.map(([, record]) => [record.id, record])),
    deleted: new Map(gone.map((row) => [row.create_key as string, row.id as string])),
  };
}

/** Who has a value that must be unique. */
export interface Twin {
  readonly id: string;
  readonly field: string;
  readonly value: Json;
  readonly record: SystemRecord | null;
}

/** Unique property → value → who has it. */
export type Twins = Map<string, Map<string, Twin>>;

/** Who has the unique values that these writes give, numbers of other writes of the batch included as they come. */
export async function findTwins(run: Run, model: EntityModel, items: readonly Item[]): Promise<Twins> {
  const found: Twins = new Map();
  const unique = model.header.columns.filter(({ property }) => property.unique);
  await Promise.all(
    unique.map(async ({ name, column }) => {
      const values = new Set(
        items.flatMap(({ given }) => (typeof given[name] === 'string' ? [given[name]] : [])),
      );
      if (values.size === 0) return;
      const rows = await run(
        `select t.id, t."${column}" as value from ${model.header.table} t where t."${column}" = any(${listed('$1')})`,
        [arrayLiteral(values)],
      );
      found.set(
        name,
        new Map(
          rows.map((row) => [
            row.value as string,
            { id: row.id as string, field: name, value: row.value as string, record: null },
          ]),
        ),
      );
    }),
  );
  return found;
}

/** For records to be deleted: who refers to them. */
export async function findUsers(
  run: Run,
  models: Readonly<Record<string, EntityModel>>,
  rules: Rules,
  target: EntityModel,
  deletes: readonly Item[],
): Promise<ReadonlyMap<string, string>> {
  if (deletes.length === 0) return new Map();
  const ids = arrayLiteral(deletes.map(({ id }) => id));
  const parts = Object.values(models).flatMap((model) =>
    [model.header, ...(model.line ? [model.line] : [])].flatMap((part) =>
      part.refs
        .filter(({ name, to }) => to === target.name && !rules.loose?.includes(`${model.name}.${name}`))
        .map(({ name }) => {
          const column = part.columns.find((one) => one.name === name)!.column;
          const who = part === model.header ? 'id' : 'document_id';
          return `select "${column}" as target, '${model.name} ' || min(${who}) as who from ${part.table} where "${column}" in (select unnest($1::text::text[])) group by 1`;
        }),
    ),
  );
  if (parts.length === 0) return new Map();
  const rows = await run(parts.join(' union all '), [ids]);
  return new Map(rows.map((row) => [row.target as string, row.who as string]));
}
