import type { CodeListSeed } from '../core/code-lists.ts';
import type { CodePair } from '../core/code-pairs.ts';
import type { FieldSetting, FlowSetting } from '../core/configured.ts';
import type { MappingName, Side } from '../core/types.ts';
import { codesNow } from './code-map.ts';
import { rows, type Sql } from './sql.ts';

/** What people change while the sync runs, as stored. */
export interface StoredSettings {
  readonly codes: readonly CodePair[];
  readonly flows: readonly {
    readonly mapping: MappingName;
    readonly rule: string;
    readonly paused: boolean;
    /** Whether it has a part of a feed to read by itself: while it rests, and until it has caught up. */
    readonly behind: boolean;
  }[];
  readonly rules: readonly {
    readonly mapping: MappingName;
    readonly field: string;
    readonly take: Side | 'base';
  }[];
  readonly mappings: readonly StoredSetting[];
}

/** What the company decided about a flow, where `field` is empty, or about one of its fields. */
export interface StoredSetting {
  readonly mapping: MappingName;
  readonly field: string;
  readonly setting: FieldSetting & Omit<FlowSetting, 'fields'>;
}

/** Reads code lists, flow settings and standing rules. */
export async function readSettings(sql: Sql): Promise<StoredSettings> {
  const [codes, flows, rules, mappings] = await Promise.all([
    codesNow(sql),
    sql<StoredSettings['flows'][number][]>`
      select f.mapping, f.rule, f.paused, exists (select 1 from sync.backlog b where b.mapping = f.mapping) as behind from sync.flow f`,
    sql<
      StoredSettings['rules'][number][]
    >`select mapping, field, take from sync.rule where removed_at is null order by at`,
    sql<StoredSetting[]>`select mapping, field, setting from sync.mapping_setting order by mapping, field`,
  ]);
  return { codes, flows, rules, mappings };
}

/** Gives a new company its code lists and flows; what is there stays as it is. */
export async function seedSettings(
  sql: Sql,
  lists: readonly CodeListSeed[],
  flows: readonly MappingName[],
): Promise<void> {
  const codes = lists.flatMap(({ list, pairs }) => pairs.map(([crm, erp]) => ({ list, crm, erp })));
  await sql`
    insert into sync.code_map (list, crm, erp)
    select list, crm, erp from jsonb_to_recordset(${rows(codes)}::text::jsonb) as r(list text, crm text, erp text)
    where not exists (select 1 from sync.flow)
    on conflict do nothing`;
  await sql`insert into sync.flow (mapping) select unnest(${[...flows]}::text[]) on conflict do nothing`;
}

/** Sets a flow, where `field` is empty, or one of its fields; null takes the company's decision back. */
export async function putSetting(
  sql: Sql,
  { mapping, field }: Pick<StoredSetting, 'mapping' | 'field'>,
  setting: StoredSetting['setting'] | null,
  actor: string,
): Promise<void> {
  if (setting === null)
    await sql`delete from sync.mapping_setting where mapping = ${mapping} and field = ${field}`;
  else
    await sql`
      insert into sync.mapping_setting (mapping, field, setting, by)
      values (${mapping}, ${field}, ${JSON.stringify(setting)}::text::jsonb, ${actor})
      on conflict (mapping, field) do update set setting = excluded.setting, by = excluded.by, at = now()`;
}

/** Sets how records of a flow come to be linked. */
export async function putRule(sql: Sql, mapping: MappingName, rule: string): Promise<void> {
  await sql`update sync.flow set rule = ${rule} where mapping = ${mapping}`;
}
