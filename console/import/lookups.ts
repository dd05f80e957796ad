import type { Sql } from '../../drizzle/postgres/open.ts';
import { tablesOf } from '../../subgraphs/system/columns.ts';
import type { SystemShape } from '../../subgraphs/system/entity.ts';
import { arrayLiteral } from '../../subgraphs/system/sql-text.ts';
import type { LookupSource } from './source.ts';

/** What a look-up came to. `unasked`: it is now noted, and answered after the next `ask`. */
export type Found =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'many'; readonly by: string }
  | { readonly kind: 'none' | 'unasked' };

/** Look-ups of other records of the same system, one statement per entity and property for a batch of rows. */
export interface Lookups {
  /** The answer, if it is known; a text that nobody asked for yet is noted. */
  answer(lookup: LookupSource, text: string): Found;
  /** Looks up everything that was noted; false when that was nothing. */
  ask(): Promise<boolean>;
  /** Forgets what was not there: before each batch of rows. */
  forget(): void;
  /** Ids of records by the keys they were imported under. */
  byKey(entity: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** Answers kept at most: enough for the references of most files, little enough to keep the memory flat. */
const keptAnswers = 20_000;

/** Look-ups in the tables of a system. Archived records are not found. */
export function createLookups(sql: Sql, shape: SystemShape): Lookups {
  const tables = tablesOf(shape);
  const known = new Map<string, ReadonlySet<string>>();
  // What was not there may come with the next batch: believed until `forget`.
  const absent = new Set<string>();
  const noted = new Map<string, Set<string>>();

  return {
    answer({ entity, by }, text) {
      let unasked = false;
      for (const property of [by].flat()) {
        const group = `${entity} ${property}`;
        const ids = known.get(`${group} ${text}`);
        if (ids && !unasked)
          return ids.size === 1 ? { kind: 'one', id: [...ids][0]! } : { kind: 'many', by: property };
        if (ids || absent.has(`${group} ${text}`)) continue;
        noted.set(group, (noted.get(group) ?? new Set()).add(text));
        unasked = true;
      }
      return { kind: unasked ? 'unasked' : 'none' };
    },
    async ask() {
      const asked = [...noted];
      if (asked.length === 0) return false;
      noted.clear();
      if (known.size > keptAnswers) known.clear();
      await Promise.all(
        asked.map(async ([group, texts]) => {
          const [entity = '', property = ''] = group.split(' ');
          const found = Map.groupBy(await find(entity, property, [...texts]), ({ value }) => value);
          for (const text of texts) {
            const rows = found.get(text);
            if (rows) known.set(`${group} ${text}`, new Set(rows.map(({ id }) => id)));
            else absent.add(`${group} ${text}`);
          }
        }),
      );
      return true;
    },
    forget: () => absent.clear(),
    async byKey(entity, keys) {
      return new Map((await find(entity, 'key', keys)).map(({ value, id }) => [value, id]));
    },
  };

  function find(
    entity: string,
    property: string,
    texts: readonly string[],
  ): Promise<readonly { value: string; id: string }[]> {
    const { schema, table, columns } = tables[entity]!;
    const list = arrayLiteral(texts);
    const from = sql`${sql(schema)}.${sql(table)} t`;
    if (property === 'key')
      return sql`select t.create_key as value, t.id from ${from} where t.create_key = any(${list}::text::text[]) and not t.archived`;
    const { column, sqlType } = columns.find(({ name }) => name === property)!;
    if (sqlType === 'jsonb')
      return sql`select a.value, t.id from ${from}, jsonb_array_elements_text(t.${sql(column)}) a(value)
        where a.value = any(${list}::text::text[]) and not t.archived`;
    return sql`select t.${sql(column)}::text as value, t.id from ${from}
      where t.${sql(column)}::text = any(${list}::text::text[]) and not t.archived`;
  }
}
