import DataLoader from 'dataloader';
import type { Side } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { type LinkRow, type Sql, shown } from './rows.ts';
import { entityTypeOf, mappingOf } from './words.ts';

/** What holds something back, as the store names it: `crm:Customer:42`, `link:…`, `text:GTXPro`, `lines`. */
export interface BlockerSource {
  readonly on: string;
  readonly reason: string;
  /** How many links wait for it, by mapping, where that is known already. */
  readonly holding?: Readonly<Record<string, number>>;
}

/** What holds most back, the worst first. */
export async function rankedBlockers(
  sql: Sql,
  first: number,
  flow: string | null,
): Promise<readonly BlockerSource[]> {
  const mapping = flow === null ? null : mappingOf(flow);
  return sql<BlockerSource[]>`
    with held as (${holds(sql, sql`${mapping}::text is null or l.mapping = ${mapping}`)}), ranked as (
      select "on", sum(n) as total, jsonb_object_agg(mapping, n) as holding, max(reason) as reason
      from held group by 1 order by 2 desc, 1 limit ${first}
    )
    select "on", holding,
      coalesce(reason, case when "on" like 'code:%' then 'It has to be mapped first.' else 'It has to be linked first.' end) as reason
    from ranked order by total desc, 1`;
}

/**
 * How many links of each mapping something holds back, as a whole or in a field, with one of the reasons. A value that
 * another record has is an issue, and holds nothing else.
 */
function holds(sql: Sql, where: ReturnType<Sql>) {
  return sql`
    select h.on, h.mapping, count(*) as n, max(h.reason) as reason from (
      select b ->> 'on' as on, l.mapping, l.id, max(b ->> 'reason') as reason
      from sync.link l cross join lateral jsonb_array_elements(l.waits_for) b
      where l.state not in ('synced', 'ended') and jsonb_typeof(l.waits_for) = 'array' and (${where})
      group by 1, 2, 3
      union all
      select w.on, l.mapping, l.id, null from sync.wait w join sync.link l on l.id = w.link_id
      where l.state <> 'ended' and w.on not like 'moved:%' and (${where})
        and not exists (select 1 from jsonb_array_elements(coalesce(l.waits_for, '[]')) b where b ->> 'on' = w.on)
    ) h group by 1, 2`;
}

/** The resolvers of a blocker. */
export const blockerResolvers = {
  side: ({ on }: BlockerSource) => refOf(on)?.side.toUpperCase() ?? null,
  entity: async (source: BlockerSource, _: unknown, context: SyncContext) => {
    const ref = refOf(source.on);
    const entity = ref?.entity ?? (await entityOfLink(source, context));
    return entity === undefined ? null : entityTypeOf(entity);
  },
  id: async (source: BlockerSource, _: unknown, context: SyncContext) => {
    const link = await linkOf(source, context);
    return refOf(source.on)?.id ?? link?.crmId ?? link?.erpId ?? null;
  },
  title,
  holds: async (source: BlockerSource, _: unknown, context: SyncContext) =>
    total(await holding(source, context)),
  text: async (source: BlockerSource, _: unknown, context: SyncContext) => {
    const held = await holding(source, context);
    const what = refOf(source.on)?.entity ?? (await entityOfLink(source, context)) ?? subjectOf(source.on);
    const name =
      (await title(source, _, context)) ?? refOf(source.on)?.id ?? codeOf(source.on) ?? afterColon(source.on);
    return `${what} ${name} holds ${inWords(held)}`;
  },
  link: (source: BlockerSource, _: unknown, context: SyncContext) => linkOf(source, context),
};

async function title(source: BlockerSource, _: unknown, context: SyncContext): Promise<string | null> {
  const link = await linkOf(source, context);
  const type = link === null ? undefined : context.unified.ofMapping.get(link.mapping);
  if (link === null || type === undefined) return null;
  // People know a product by its number better than by its name.
  const name = shown(link.agreed[type.name === 'Product' ? 'sku' : type.title]);
  return typeof name === 'string' ? name : null;
}

interface Ref {
  readonly side: Side;
  readonly entity: string;
  readonly id: string;
}

function refOf(on: string): Ref | null {
  const parts = /^(crm|erp):([^:]+):(.*)$/s.exec(on);
  return parts === null ? null : { side: parts[1] as Side, entity: parts[2]!, id: parts[3]! };
}

/** `code:paymentTerms:erp:NET21` → `NET21 of the ERP's paymentTerms`. */
function codeOf(on: string): string | undefined {
  const parts = /^code:([^:]+):(crm|erp):(.*)$/s.exec(on);
  return parts === null ? undefined : `${parts[3]} of the ${parts[2]!.toUpperCase()}'s ${parts[1]}`;
}

function afterColon(on: string): string {
  return on.slice(on.indexOf(':') + 1);
}

/** What is missing where it is no record: `text:GTXPro` is a product nobody knows. */
function subjectOf(on: string): string {
  const [kind = on] = on.split(':');
  return subjects[kind] ?? kind;
}

const subjects: Readonly<Record<string, string>> = {
  text: 'Unknown product',
  code: 'Unmapped code',
  empty: 'Empty',
  proposal: 'Undecided match',
  lines: 'Having no',
};

async function linkOf({ on }: BlockerSource, context: SyncContext): Promise<LinkRow | null> {
  if (on.startsWith('link:')) return context.load.link.load(on.slice('link:'.length));
  const ref = refOf(on);
  const type = ref && Object.values(context.unified.types).find((each) => each[ref.side] === ref.entity);
  return ref && type ? context.load.record.load({ mapping: type.mapping, side: ref.side, id: ref.id }) : null;
}

async function entityOfLink(source: BlockerSource, context: SyncContext): Promise<string | undefined> {
  const link = await linkOf(source, context);
  return link === null ? undefined : context.unified.ofMapping.get(link.mapping)?.crm;
}

type Holding = Readonly<Record<string, number>>;

const loaders = new WeakMap<object, DataLoader<string, Holding>>();

/** Counted once per level of a selection. */
function holding({ on, holding: known }: BlockerSource, context: SyncContext): Promise<Holding> {
  if (known !== undefined) return Promise.resolve(known);
  let loader = loaders.get(context.load);
  if (loader === undefined) {
    loader = new DataLoader(async (names: readonly string[]) => {
      const rows = await context.sql<{ on: string; holding: Holding }[]>`
        select "on", jsonb_object_agg(mapping, n) as holding
        from (${holds(context.sql, context.sql`true`)}) h where "on" = any(${[...names]}::text[]) group by 1`;
      const byName = new Map(rows.map((row) => [row.on, row.holding]));
      return names.map((name) => byName.get(name) ?? {});
    });
    loaders.set(context.load, loader);
  }
  return loader.load(on);
}

function total(held: Holding): number {
  return Object.values(held).reduce((sum, n) => sum + n, 0);
}

const nouns: Readonly<Record<string, string>> = {
  customer: 'customer',
  contact: 'contact',
  product: 'product',
  quote: 'quote',
  quoteOrder: 'order of a quote',
  order: 'order',
  userOrder: 'assignment',
  user: 'user',
};

/** `41 orders and 3 quotes`. */
function inWords(held: Holding): string {
  const parts = Object.entries(held)
    .toSorted(([, a], [, b]) => b - a)
    .map(([mapping, n]) => `${n} ${plural(nouns[mapping] ?? mapping, n)}`);
  return parts.length === 0 ? 'nothing any more' : parts.join(' and ');
}

function plural(noun: string, n: number): string {
  if (n === 1) return noun;
  return noun.includes(' ') ? noun.replace(/^(\w+)/, '$1s') : `${noun}s`;
}
