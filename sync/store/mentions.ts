import { telling } from '../core/told-of.ts';
import type { Json, MappingName } from '../core/types.ts';
import { rows, type Sql, type Tx } from './sql.ts';

/** A table with free texts, and JSON that holds some, in which a person may be told of whom the row is not about. */
interface Place {
  readonly table: string;
  readonly key?: string;
  readonly texts?: readonly string[];
  readonly json?: readonly string[];
  /** Whether a row names the link that it is about. */
  readonly ofLink?: true;
  /** The rows that are texts: what else is kept there follows what the records show. */
  readonly where?: string;
}

const places: readonly Place[] = [
  { table: 'issue', ofLink: true, texts: ['message'], json: ['value'] },
  { table: 'dead_letter', ofLink: true, texts: ['message'], json: ['request', 'answer'] },
  { table: 'event', ofLink: true, json: ['fields', 'detail'] },
  { table: 'conflict', ofLink: true, texts: ['why'] },
  {
    table: 'conflict',
    ofLink: true,
    json: ['base_crm', 'base_erp', 'crm', 'erp', 'choice'],
    where: 'resolved_at is not null',
  },
  { table: 'act', ofLink: true, texts: ['reason'], json: ['subject', 'detail'] },
  { table: 'flow', key: 'mapping', texts: ['reason'] },
  { table: 'proposal', json: ['candidates'] },
  { table: 'run', json: ['samples'] },
  { table: 'decision', json: ['changes'] },
  {
    table: 'link',
    json: ['agreed', 'overlay', 'held', 'waits_for', 'edits'],
    where: "state = 'ended' and not lone",
  },
  {
    table: 'line_link',
    json: ['agreed', 'overlay'],
    where:
      "(ended or exists (select 1 from sync.link l where l.id = t.link_id and l.state = 'ended' and not l.lone))",
  },
];

/** Rows that one statement looks through, so that none of them takes long. */
const atOnce = 5_000;

/** What was found, and what is left of it. */
export interface Emptied {
  /** Texts that told of the person. */
  readonly found: number;
  /** Those that do still: somebody goes on writing them. */
  readonly left: number;
}

/** How many texts tell of the person; those on his own links are no mentions. */
export async function mentionsOf(
  sql: Sql,
  expressions: readonly string[],
  own: readonly string[] = [],
): Promise<number> {
  const others = sql`link_id is null or link_id <> all(${[...own]}::text[])`;
  let found = 0;
  for (const place of places)
    for await (const part of partsOf(sql, place, expressions, place.ofLink ? others : all(sql)))
      found += sum(part);
  return found;
}

/**
 * Puts `erased` in place of what tells of the person in free texts; the rest of a text stays. Part by part: it takes as
 * long as the log is long, and nothing may wait for it. What comes meanwhile is looked at once more.
 */
export async function emptyMentions(sql: Sql, expressions: readonly string[]): Promise<Emptied> {
  if (expressions.length === 0) return { found: 0, left: 0 };
  // Positions are given behind the commit, and without holes: what comes while this goes on has a later one, or none yet.
  const [head] = await sql<{ pos: number }[]>`select pos from sync.event_head`;
  const late = sql`pos > ${head!.pos} or pos is null`;
  await emptyPlans(sql, expressions);
  let found = await pass(sql, expressions, () => all(sql));
  for (let round = 0; round < mostRounds; round++) {
    const left = await pass(sql, expressions, ({ table }) => (table === 'event' ? late : all(sql)));
    if (left === 0) return { found, left };
    found += left;
  }
  return { found, left: await mentionsOf(sql, expressions) };
}

/** Rounds over what came meanwhile: who writes such texts without end is told as `left`. */
const mostRounds = 3;

/** Empties what it finds among these rows of every place, and answers how many texts that were. */
async function pass(
  sql: Sql,
  expressions: readonly string[],
  which: (place: Place) => Condition,
): Promise<number> {
  let found = 0;
  for (const place of places)
    for await (const part of partsOf(sql, place, expressions, which(place)))
      found += await clean(
        sql,
        place,
        part.map(({ id }) => id),
        telling(expressions),
      );
  return found;
}

type Condition = ReturnType<typeof all>;

const all = (sql: Sql) => sql`true`;

/** A row that tells of the person. */
interface Telling {
  readonly id: string;
  /** Its columns that do, without what tells. */
  readonly cleaned: Readonly<Record<string, Json>>;
}

/** In how many columns. */
const sum = (found: readonly Telling[]): number =>
  found.reduce((n, { cleaned }) => n + Object.keys(cleaned).length, 0);

/** Rows of a place that tell of the person, part by part. */
async function* partsOf(
  sql: Sql,
  place: Place,
  expressions: readonly string[],
  which: Condition,
): AsyncGenerator<readonly Telling[]> {
  const { table, key = 'id', where = 'true' } = place;
  if (expressions.length === 0) return;
  // What stands beside a value is looked at here: in the database, a look behind makes of each row's moment many.
  const roughly = expressions.join('|').replaceAll(/\(\?<?!\[[^\]]*\]\)/g, '');
  for (let after: string | null = ''; after !== null; ) {
    const [part]: { last: string; seen: number; ids: string[] | null }[] = await sql`
      with looked as materialized (
        select t.${sql(key)} as id, (${sql.unsafe(textOf(place))}) ~* ${roughly} as told from (
          select * from sync.${sql(table)} t where ${sql(key)} > ${after} and ${sql.unsafe(where)} and (${which})
          order by ${sql(key)} limit ${atOnce}
        ) t
      )
      select max(id) as last, count(*) as seen, array_agg(id) filter (where told) as ids from looked`;
    const found = part!.ids ? await look(sql, place, part!.ids, telling(expressions)) : [];
    if (found.length > 0) yield found;
    after = part!.seen < atOnce ? null : part!.last;
  }
}

/** All texts of a row. In JSON the end of a line is a letter behind a sign, which would be one of the word that follows. */
function textOf({ texts = [], json = [] }: Place): string {
  const written = json.map((column) => `t.${column}::text`);
  const plain = written.map(
    (text) =>
      `case when strpos(${text}, '\\') > 0 then regexp_replace(${text}, '\\\\[nrtbf]', ' ', 'g') else ${text} end`,
  );
  return `concat_ws(' | ', ${[...texts.map((column) => `t.${column}`), ...plain].join(', ')})`;
}

/** Of these rows, those that tell of the person. */
async function look(
  sql: Sql | Tx,
  { table, key = 'id', texts = [], json = [] }: Place,
  ids: readonly string[],
  told: RegExp,
  held: 'for update' | '' = '',
): Promise<readonly Telling[]> {
  const columns = [...texts, ...json];
  const found = await sql<Record<string, Json>[]>`
    select ${sql([key, ...columns])} from sync.${sql(table)} where ${sql(key)} = any(${[...ids]}::text[])
    order by ${sql(key)} ${sql.unsafe(held)}`;
  return found
    .map((row) => ({
      id: String(row[key]),
      cleaned: Object.fromEntries(
        columns.flatMap((column) => {
          const now = cleanedOf(row[column] ?? null, told);
          return now === null ? [] : [[column, now] as const];
        }),
      ),
    }))
    .filter(({ cleaned }) => Object.keys(cleaned).length > 0);
}

/** Cleans these rows as they are now, and answers in how many columns. */
function clean(sql: Sql, place: Place, ids: readonly string[], told: RegExp): Promise<number> {
  const { table, key = 'id', texts = [], json = [] } = place;
  return sql.begin(async (tx) => {
    const found = await look(tx, place, ids, told, 'for update');
    const list = found.map(({ id, cleaned }) => ({ ...cleaned, row: id }));
    const set = [...texts, ...json].map((column) => `${column} = coalesce(r.${column}, t.${column})`);
    const types = [...texts.map((column) => `${column} text`), ...json.map((column) => `${column} jsonb`)];
    await tx`
      update sync.${tx(table)} t set ${tx.unsafe(set.join(', '))}
      from jsonb_to_recordset(${rows(list)}::text::jsonb) as r("row" text, ${tx.unsafe(types.join(', '))})
      where r.row = t.${tx(key)}`;
    return sum(found);
  });
}

/** The value without what tells of the person; null where nothing does. In JSON only strings are texts: a number that has the digits of a phone is none. */
function cleanedOf(value: Json, told: RegExp): Json {
  let changed = false;
  const cleaned = JSON.parse(JSON.stringify(value), (_, each) => {
    if (typeof each !== 'string') return each;
    const without = each.replace(told, 'erased');
    changed ||= without !== each;
    return without;
  }) as Json;
  return changed ? cleaned : null;
}

/** A value that somebody has typed and that is not written yet is asked for again: a part of it is none. */
async function emptyPlans(sql: Sql, expressions: readonly string[]): Promise<void> {
  const any = expressions.join('|');
  await sql`delete from sync.planned_act where concat(act::text, asked::text) ~* ${any}`;
  await sql`
    update sync.conflict set choice = null, resolved_by = null
    where resolved_at is null and choice is not null and choice::text ~* ${any}`;
}

/** A record of somebody else that shows something of the person, or whose base does. */
export interface Shower {
  readonly id: string;
  readonly mapping: MappingName;
  readonly lane: string;
  /** No link, but a record that no live link holds: no step works on it. */
  readonly lone: boolean;
}

const living: readonly Place[] = [
  { table: 'link', json: ['agreed', 'overlay', 'held', 'edits'], where: "(state <> 'ended' or lone)" },
  {
    table: 'line_link',
    json: ['agreed', 'overlay'],
    where:
      "not ended and exists (select 1 from sync.link l where l.id = t.link_id and (l.state <> 'ended' or l.lone))",
  },
];

/** Records of others whose values tell of the person: what is agreed of them follows what they show, and is not emptied. */
export async function showersOf(sql: Sql, expressions: readonly string[]): Promise<readonly Shower[]> {
  if (expressions.length === 0) return [];
  const found: string[][] = [];
  for (const place of living) {
    const ids: string[] = [];
    for await (const part of partsOf(sql, place, expressions, all(sql)))
      ids.push(...part.map(({ id }) => id));
    found.push(ids);
  }
  const [links = [], lines = []] = found;
  return sql<Shower[]>`
    select id, mapping, lane, lone from sync.link
    where id = any(${links}::text[]) or id in (select link_id from sync.line_link where id = any(${lines}::text[]))
    order by id`;
}
