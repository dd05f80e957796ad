import { codeLists } from '../../core/code-lists.ts';
import { type CodeKey, type CodePair, codesChanged, pairsOf, turnedPairs } from '../../core/code-pairs.ts';
import type { FieldRule, Mapping } from '../../core/mapping.ts';
import { toldPairs } from '../../store/code-map.ts';
import { rows, type Sql } from '../../store/sql.ts';
import { codesGiven } from '../release-code.ts';
import { type CodeAct, codeToRemove, codeToSet, type GivenCode, withOthers } from './codes.ts';
import type { Configuring } from './configure.ts';
import { mostExamples, type SettingChange, type Touched } from './setting-change.ts';

/** What mapping a code would change: who waits for it goes on, and who has it and shows it otherwise from then on. */
export async function previewCode({ sql, settings }: Configuring, given: GivenCode): Promise<SettingChange> {
  const act = codeToSet(await toldPairs(sql, given.list), given);
  const { pair } = act;
  const [before, after] = [pairsOf(act.before, pair), pairsOf(act.after, pair)];
  const waitsFor = codesGiven(pair);
  const using = codesChanged(before, after, pair);
  return {
    before,
    after,
    ...(await touchedBy(sql, settings.mappings, { list: pair.list, waitsFor, using })),
    replay: null,
    code: withOthers(act),
    effect: `${yielding(act)}What waits for it goes on ${pair.validFrom ? `from ${pair.validFrom} on` : 'at once'}. Pairs that have it already are looked at when they next sync.`,
  };
}

/** What taking a pair of codes away would change: nothing by itself, and who has it when they next sync. */
export async function previewRemovedCode(
  { sql, settings }: Configuring,
  given: CodeKey,
): Promise<SettingChange> {
  const act = codeToRemove(await toldPairs(sql, given.list), given);
  const { pair } = act;
  const [before, after] = [pairsOf(act.before, pair), pairsOf(act.after, pair)];
  const using = codesChanged(before, after, pair);
  return {
    before,
    after,
    ...(await touchedBy(sql, settings.mappings, { list: pair.list, waitsFor: [], using })),
    replay: null,
    code: withOthers(act),
    effect: `${yielding(act)}${afterRemoval(pair)}`,
  };
}

/** What becomes of the other pairs: `NET14=NET14, both ways, is written only. `. */
const yielding = ({ pair, before, after }: CodeAct): string =>
  turnedPairs(before, after, pair)
    .map(
      (each) =>
        `${each.crm}=${each.erp}, ${ways[each.before ?? 'none']}, ${ways[each.after ?? 'none']} then. `,
    )
    .join('');

const ways = {
  both: 'both ways',
  toCrm: 'read only',
  toErp: 'written only',
  none: 'without effect',
} as const;

/** What becomes of records that have a code that nobody maps any more. */
function afterRemoval({ list, crm, erp }: CodePair): string {
  const seed = codeLists.find((each) => each.list === list);
  const stays = 'Nothing is erased: records keep what they show.';
  const issue =
    "raises the code's one UNMAPPED_CODE issue, and the field stays behind until it is mapped; the others go on.";
  if (seed?.open)
    return `${stays} When they next sync, ${crm} and ${erp} stand for themselves where no other pair maps them.`;
  if (seed?.standard)
    return `${stays} When they next sync, ${crm} is written to the ERP as it is. ${erp} is read by ${seed.standard} where no other pair maps it; what is none of that ${issue}`;
  return `${stays} The next one to sync that has ${crm} or ${erp}, where no other pair maps it, ${issue}`;
}

interface Codes {
  readonly list: string;
  /** Codes that something may wait for: `paymentTerms:erp:X9`. */
  readonly waitsFor: readonly string[];
  /** Codes of the CRM whose users are meant. */
  readonly using: readonly string[];
}

/** Links that wait for codes of a list, or have them; and the issues that close. */
async function touchedBy(
  sql: Sql,
  mappings: Readonly<Record<string, Mapping>>,
  { list, waitsFor, using }: Codes,
): Promise<Touched> {
  const fields = Object.values(mappings).flatMap(({ name, fields: own, lines = {} }) => [
    ...fieldsOf(own, list).map((field) => ({ mapping: name, field, line: false })),
    ...fieldsOf(lines, list).map((field) => ({ mapping: name, field, line: true })),
  ]);
  const has = sql`case jsonb_typeof(v.v)
    when 'string' then v.v #>> '{}' = any(${[...using]}::text[])
    when 'object' then v.v ->> 'country' = any(${[...using]}::text[])
    when 'array' then exists (select from jsonb_array_elements(v.v) u where u ->> 'unit' = any(${[...using]}::text[]))
    else false end`;
  const [found] = await sql<(Touched & { readonly examples: readonly string[] })[]>`
    with f as (
      select * from jsonb_to_recordset(${rows(fields)}::text::jsonb) as f(mapping text, field text, line boolean)
    ), touched as (
      select link_id as id from sync.wait where "on" = any(${waitsFor.map((code) => `code:${code}`)}::text[])
      union
      select l.id from f join sync.link l on l.mapping = f.mapping and not f.line and l.state <> 'ended'
        cross join lateral (select l.agreed -> f.field as v) v
      where cardinality(${[...using]}::text[]) > 0 and ${has}
      union
      select l.id from f join sync.link l on l.mapping = f.mapping and f.line and l.state <> 'ended'
        join sync.line_link x on x.link_id = l.id and not x.ended
        cross join lateral (select x.agreed -> f.field as v) v
      where cardinality(${[...using]}::text[]) > 0 and ${has}
    )
    select count(*) as pairs,
      coalesce(array(select id from touched order by id limit ${mostExamples}), '{}') as examples,
      (select count(*) from sync.issue where closed_at is null and key = any(${waitsFor.map((code) => `unmapped:${code}`)}::text[])) as issues,
      0 as conflicts
    from touched`;
  return found!;
}

const fieldsOf = (rules: Readonly<Record<string, FieldRule>>, list: string): readonly string[] =>
  Object.entries(rules).flatMap(([field, { codec }]) => (codec.list === list ? [field] : []));
