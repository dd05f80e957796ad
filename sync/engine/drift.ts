import { decodeRecord } from '../core/decode.ts';
import { driftBetween, driftUnheard, type FieldDrift } from '../core/drift.ts';
import { SyncError } from '../core/errors.ts';
import { sides } from '../core/sides.ts';
import type { Side, SystemRecord } from '../core/types.ts';
import { type LinkRow, linksById, linksOfLanes } from '../store/links.ts';
import type { Sql } from '../store/sql.ts';
import type { Drift } from './api.ts';
import { archivedDrift } from './archived.ts';
import { dealOf } from './deal.ts';
import { isSystemAway } from './guard.ts';
import { inTime } from './in-time.ts';
import { learnReferences } from './learn.ts';
import { ownSumDrift } from './own-sum.ts';
import { readRecords } from './records.ts';
import { dutyOf, stageOf } from './stage.ts';
import { type EngineParts, type StepContext, stepContext } from './step-context.ts';
import { refOfLink, refsOfLink } from './work.ts';

/**
 * How long a system may take to show its records to be compared by whoever looks at links, in ms. Whoever asks for it has asked for
 * more, and hears nothing of that either once the gateway has given us up, after 5 s.
 */
export const lookMs = 1_500;

/**
 * Both sides of links of one flow as they are now, in canonical form, compared with each other and with the base. A system
 * that is away, or does not answer within `ms`, takes nothing from what is known without it: neither of a link, nor from
 * the links whose records, and those of their deals, were all read.
 */
export async function driftOf(
  all: EngineParts,
  linkIds: readonly string[],
  ms = lookMs,
): Promise<ReadonlyMap<string, Drift>> {
  const parts = asLookedAt(all, ms);
  const context = stepContext(parts);
  const { links, deals } = await withDeals(parts.sql, linkIds);
  const away = await readWhatAnswers(context, [...links, ...deals]);
  await learnOf(context, links);
  const compare = comparison(context, deals);
  const members = Map.groupBy(deals, ({ lane }) => lane);
  return new Map(
    links.map((link): [string, Drift] => {
      const own = unreadOf(context, [link, ...(members.get(link.lane) ?? [])], away);
      const [first] = Object.values(own);
      return [
        link.id,
        { fields: first ? unheard(context, link, own, first.message) : compare(link), away: own },
      ];
    }),
  );
}

/** Of the systems that do not answer, those from which a record of these links was not read. */
function unreadOf(context: StepContext, links: readonly LinkRow[], away: Drift['away']): Drift['away'] {
  if (Object.keys(away).length === 0) return away;
  const unread = links
    .flatMap((link) => refsOfLink(context, link))
    .filter((ref) => !context.records.has(ref));
  return Object.fromEntries(
    sides.flatMap((side) =>
      away[side] && unread.some((ref) => ref.side === side) ? [[side, away[side]]] : [],
    ),
  );
}

/** The same engine before systems that may take so long for one answer to whoever looks. */
export function asLookedAt(parts: EngineParts, ms = lookMs): EngineParts {
  const { crm, erp } = parts.connectors;
  return { ...parts, connectors: { crm: inTime('crm', crm, ms), erp: inTime('erp', erp, ms) } };
}

/** Compares a link's own fields without the side that does not answer. Of a document's lines nothing is known then. */
function unheard(
  context: StepContext,
  link: LinkRow,
  away: Drift['away'],
  why: string,
): readonly FieldDrift[] {
  const mapping = context.mappings[link.mapping];
  const stateOf = (side: Side) => {
    const ref = away[side] ? null : refOfLink(mapping, link, side);
    const record = ref && context.records.get(ref);
    return record && decodeRecord(mapping, side, record, context.lookup, Date.parse(record.updatedAt));
  };
  return driftUnheard(mapping, { base: link.base, crm: stateOf('crm'), erp: stateOf('erp') }, why);
}

/** Reads the records of these links, one entity beside the other, and says which of the systems does not answer for some. */
export async function readWhatAnswers(
  context: StepContext,
  links: readonly LinkRow[],
): Promise<Drift['away']> {
  const refs = links.flatMap((link) => refsOfLink(context, link));
  const away: Partial<Record<Side, SyncError>> = {};
  await Promise.all(
    [...Map.groupBy(refs, ({ side, entity }) => `${side}:${entity}`).values()].map((own) =>
      readRecords(context.connectors, context.records, own).catch((error: unknown) => {
        if (!(error instanceof SyncError) || !isSystemAway(error)) throw error;
        // Why nobody waited for it, or spared it the call, is told in words.
        away[own[0]!.side] ??= new SyncError('SYSTEM_UNAVAILABLE', error.message, {
          cause: error,
          detail: error.detail,
        });
      }),
    ),
  );
  return away;
}

/**
 * The fields of links of whatever flow: one read per system and entity however many there are. A link that lacks a side
 * has none to compare; one that does not exist is absent. Fails where a system is away.
 */
export async function driftsOf(
  parts: EngineParts,
  linkIds: readonly string[],
): Promise<ReadonlyMap<string, readonly FieldDrift[]>> {
  if (linkIds.length === 0) return new Map();
  const context = stepContext(parts);
  const { links, deals } = await withDeals(parts.sql, linkIds);
  await readRecords(
    context.connectors,
    context.records,
    [...links, ...deals].flatMap((link) => refsOfLink(context, link)),
  );
  await learnOf(context, links);
  const compare = comparison(context, deals);
  return new Map(links.map((link) => [link.id, compare(link)]));
}

/** These links, and all links of the deals that they are of. */
async function withDeals(
  sql: Sql,
  linkIds: readonly string[],
): Promise<{ readonly links: readonly LinkRow[]; readonly deals: readonly LinkRow[] }> {
  const links = await linksById(sql, linkIds);
  const lanes = new Set(links.map((link) => link.lane).filter((lane) => lane.startsWith('deal:')));
  return { links, deals: await linksOfLanes(sql, [...lanes]) };
}

const learnOf = (context: StepContext, links: readonly LinkRow[]): Promise<void> =>
  learnReferences(
    context,
    links.map((link) => ({ links: [link] })),
  );

/** Compares links whose records, and those of their deals, were read. */
function comparison(
  context: StepContext,
  deals: readonly LinkRow[],
): (link: LinkRow) => readonly FieldDrift[] {
  const members = Map.groupBy(deals, (link) => link.lane);
  return (link) => {
    const mapping = context.mappings[link.mapping];
    const [crm, erp] = [refOfLink(mapping, link, 'crm'), refOfLink(mapping, link, 'erp')];
    const [a, b] = [crm && context.records.get(crm), erp && context.records.get(erp)];
    if (!a || !b) return [];
    const own = members.get(link.lane);
    const deal = own ? dealOf(own, context) : null;
    const quote = own?.find((each) => each.mapping === 'quote')?.base ?? null;
    const duty = dutyOf(mapping, deal ? stageOf(deal) : 'quote', deal, quote);
    const stateOf = (side: Side, record: SystemRecord) =>
      decodeRecord(mapping, side, record, context.lookup, Date.parse(record.updatedAt));
    const fields = driftBetween(mapping, {
      base: link.base,
      crm: stateOf('crm', a),
      erp: stateOf('erp', b),
      lineLinks: link.lines,
      ...duty,
    });
    const sums = mapping.name === 'quote' && duty.content ? ownSumDrift(a, b) : [];
    return [...fields, ...archivedDrift(mapping, link, { crm: a, erp: b }), ...sums];
  };
}
