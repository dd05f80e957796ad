import { decodeRecord } from '../core/decode.ts';
import { driftBetween, driftUnheard, type FieldDrift } from '../core/drift.ts';
import { SyncError } from '../core/errors.ts';
import type { Side, SystemRecord } from '../core/types.ts';
import { type LinkRow, linksById, linksOfLanes } from '../store/links.ts';
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
 * more, and hears nothing of that either once the gateway has given us up, after 5 s; what does not answer is asked twice.
 */
export const lookMs = 1_500;

/**
 * Both sides of links of one flow as they are now, in canonical form, compared with each other and with the base. A system
 * that is away, or does not answer within `ms`, takes nothing from what is known without it.
 */
export async function driftOf(
  all: EngineParts,
  linkIds: readonly string[],
  ms = lookMs,
): Promise<ReadonlyMap<string, Drift>> {
  const { crm, erp } = all.connectors;
  const parts = { ...all, connectors: { crm: inTime('crm', crm, ms), erp: inTime('erp', erp, ms) } };
  try {
    const heard = await driftsOf(parts, linkIds);
    return new Map([...heard].map(([id, fields]) => [id, { fields, away: {} }]));
  } catch (error) {
    if (!isSystemAway(error)) throw error;
    return driftWithout(parts, linkIds);
  }
}

/** The records' own fields, without the side that does not answer. Of a document's lines nothing is known then. */
async function driftWithout(
  parts: EngineParts,
  linkIds: readonly string[],
): Promise<ReadonlyMap<string, Drift>> {
  const context = stepContext(parts);
  const links = await linksById(parts.sql, linkIds);
  const away = await readWhatAnswers(context, links);
  await learnReferences(
    context,
    links.map((link) => ({ links: [link] })),
  );
  const [first] = Object.values(away);
  // Back by now: what it shows is for the next look.
  const why = first?.message ?? 'It was away a moment ago.';
  const unheard = (link: LinkRow): Drift => {
    const mapping = parts.mappings[link.mapping];
    const stateOf = (side: Side) => {
      const ref = refOfLink(mapping, link, side);
      const record = ref && context.records.get(ref);
      return record && decodeRecord(mapping, side, record, context.lookup, Date.parse(record.updatedAt));
    };
    const sides = { base: link.base, crm: stateOf('crm'), erp: stateOf('erp') };
    return { fields: driftUnheard(mapping, sides, why), away };
  };
  return new Map(links.map((link) => [link.id, unheard(link)]));
}

/** Reads the records of these links side by side, and says which of the systems does not answer. */
async function readWhatAnswers(context: StepContext, links: readonly LinkRow[]): Promise<Drift['away']> {
  const refs = links.flatMap((link) => refsOfLink(context, link));
  const away: Partial<Record<Side, SyncError>> = {};
  await Promise.all(
    [...Map.groupBy(refs, ({ side }) => side)].map(([side, own]) =>
      readRecords(context.connectors, context.records, own).catch((error: unknown) => {
        if (!(error instanceof SyncError) || !isSystemAway(error)) throw error;
        // Why nobody waited for it, or spared it the call, is told in words.
        away[side] = new SyncError('SYSTEM_UNAVAILABLE', error.message, {
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
  const links = await linksById(parts.sql, linkIds);
  const deals = await linksOfLanes(parts.sql, [
    ...new Set(links.map((link) => link.lane).filter((lane) => lane.startsWith('deal:'))),
  ]);
  await readRecords(
    context.connectors,
    context.records,
    [...links, ...deals].flatMap((link) => refsOfLink(context, link)),
  );
  await learnReferences(
    context,
    links.map((link) => ({ links: [link] })),
  );
  const members = Map.groupBy(deals, (link) => link.lane);
  const compare = (link: LinkRow): readonly FieldDrift[] => {
    const mapping = parts.mappings[link.mapping];
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
  return new Map(links.map((link) => [link.id, compare(link)]));
}
