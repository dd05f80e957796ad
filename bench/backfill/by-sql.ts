import type { Sql } from '../../drizzle/postgres/open.ts';
import { openProcessorMeter } from './processor.ts';

/** Links per statement: as many as the engine takes into one step. */
const batch = 250;

/** How fast plain SQL makes the links of a flow. */
export interface BySql {
  readonly flow: string;
  /** Links of the flow that the run made. */
  readonly links: number;
  /** The same by SQL, a second. */
  readonly perSecond: number;
  /** Processor time that SQL takes for a link, here and in the database, in seconds. */
  readonly processor: number;
}

/**
 * Makes a sample of a run's links once more by set-based SQL in batches, under other ids: the very rows that the
 * engine wrote, as it left them. That is the records it created, with their lines, and those that it wrote back to;
 * the link with its base, the links of its lines, and the event. Triggers run, and each batch is a transaction. What it
 * wrote stays: measure last.
 */
export async function bySql(sql: Sql, most: number): Promise<readonly BySql[]> {
  const out: BySql[] = [];
  const meter = await openProcessorMeter(sql);
  const used = (): number => {
    const { node, database } = meter();
    return node + database;
  };
  for (const [flow, tables] of Object.entries(tablesOf)) {
    const [all] = await sql<{ n: number }[]>`select count(*) as n from ${made(sql, flow)}`;
    if (all!.n === 0) continue;
    const sample = await sql<Made[]>`select * from ${made(sql, flow)} order by random() limit ${most}`;
    const copies = await copiesOf(sql, tables);
    const [from, before] = [performance.now(), used()];
    for (let at = 0; at < sample.length; at += batch) await write(sql, copies, sample.slice(at, at + batch));
    out.push({
      flow,
      links: all!.n,
      perSecond: (sample.length / (performance.now() - from)) * 1000,
      processor: (used() - before) / sample.length,
    });
  }
  return out;
}

/** Seconds that plain SQL takes for all that the run wrote, one flow after the other: by the clock, and of the processor. */
export const secondsBySql = (
  by: readonly BySql[],
): { readonly clock: number; readonly processor: number } => ({
  clock: by.reduce((sum, { links, perSecond }) => sum + links / perSecond, 0),
  processor: by.reduce((sum, { links, processor }) => sum + links * processor, 0),
});

/** The tables in which a flow's records stand. A user's orders are records of other flows. */
const tablesOf: Readonly<Record<string, Tables>> = {
  customer: { crm: 'crm.customer', erp: 'erp.customer' },
  contact: { crm: 'crm.contact', erp: 'erp.contact' },
  product: { crm: 'crm.product', erp: 'erp.product' },
  order: {
    crm: 'crm."order"',
    erp: 'erp."order"',
    lines: { crm: 'crm.order_line', erp: 'erp.order_line' },
  },
  userOrder: {},
};

interface Tables {
  readonly crm?: string;
  readonly erp?: string;
  readonly lines?: { readonly crm: string; readonly erp: string };
}

/** A link that the run has made, and what it wrote for it. */
interface Made {
  readonly event: string;
  readonly link: string;
  readonly crm: string;
  readonly erp: string;
  /** Where it made the counterpart, or null where both records were there. */
  readonly created: 'crm' | 'erp' | null;
  readonly wroteCrm: boolean;
  readonly wroteErp: boolean;
}

const made = (sql: Sql, flow: string) => sql`(
  select e.id as event, l.id as link, l.crm_id as crm, l.erp_id as erp,
    case when e.outcome = 'created' then e.fields -> 0 ->> 'side' end as created,
    e.fields @> '[{"side":"crm"}]' as "wroteCrm", e.fields @> '[{"side":"erp"}]' as "wroteErp"
  from sync.event e join sync.link l on l.id = e.link_id
  where e.mapping = ${flow} and e.outcome in ('created', 'linked') and e.cause ->> 'kind' in ('run', 'release')) made`;

/** Statements that copy rows under other ids; `$1` are ids of what they belong to. */
interface Copies {
  readonly records: Readonly<Record<'crm' | 'erp', readonly string[]>>;
  readonly touch: Readonly<Record<'crm' | 'erp', string | null>>;
  readonly links: string;
  readonly lineLinks: string | null;
  readonly events: string;
}

async function copiesOf(sql: Sql, { crm, erp, lines }: Tables): Promise<Copies> {
  const records = async (table: string | undefined, line: string | undefined): Promise<string[]> => [
    ...(table ? [await copyOf(sql, table, 'id')] : []),
    ...(line ? [await copyOf(sql, line, 'document_id', ['document_id'])] : []),
  ];
  const touch = (table: string | undefined): string | null =>
    table
      ? `update ${table} set version = version + 1, updated_at = now(), updated_by = 'bench' where id = any($1::text[])`
      : null;
  return {
    records: { crm: await records(crm, lines?.crm), erp: await records(erp, lines?.erp) },
    touch: { crm: touch(crm), erp: touch(erp) },
    links: await copyOf(sql, 'sync.link', 'id', ['crm_id', 'erp_id', 'lane']),
    lineLinks: lines ? await copyOf(sql, 'sync.line_link', 'link_id', ['link_id']) : null,
    events: await copyOf(sql, 'sync.event', 'id', ['link_id']),
  };
}

/** Copies rows of a table; every unique value, and `renamed` besides, gets a name of its own. Positions are given later. */
async function copyOf(sql: Sql, table: string, by: string, renamed: readonly string[] = []): Promise<string> {
  const columns = await sql<{ name: string; unique: boolean }[]>`
    select a.attname as name, exists (
        select 1 from pg_index i where i.indrelid = a.attrelid and i.indisunique and a.attnum = any(i.indkey)
      ) and a.atttypid = 'text'::regtype as unique
    from pg_attribute a
    where a.attrelid = ${table}::regclass and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = ''
      and not (a.attrelid = 'sync.event'::regclass and a.attname = 'pos')
    order by a.attnum`;
  const named = (name: string, unique: boolean): string =>
    (unique && !(table === 'sync.link' && name === 'mapping')) || renamed.includes(name)
      ? `'~' || "${name}"`
      : `"${name}"`;
  return `insert into ${table} (${columns.map(({ name }) => `"${name}"`).join(', ')})
    select ${columns.map(({ name, unique }) => named(name, unique)).join(', ')} from ${table} where "${by}" = any($1::text[])`;
}

async function write(sql: Sql, copies: Copies, part: readonly Made[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select set_config('tandem.writer', '1', true), set_config('tandem.actor', 'bench', true)`;
    for (const side of ['crm', 'erp'] as const) {
      const born = part.filter(({ created }) => created === side).map((each) => each[side]);
      const wrote = part.filter(
        (each) => each.created !== side && (side === 'crm' ? each.wroteCrm : each.wroteErp),
      );
      const { [side]: touch } = copies.touch;
      if (born.length > 0) for (const copy of copies.records[side]) await tx.unsafe(copy, [born]);
      if (touch && wrote.length > 0) await tx.unsafe(touch, [wrote.map((each) => each[side])]);
    }
    const links = part.map(({ link }) => link);
    await tx.unsafe(copies.links, [links]);
    if (copies.lineLinks) await tx.unsafe(copies.lineLinks, [links]);
    await tx.unsafe(copies.events, [part.map(({ event }) => event)]);
  });
}
