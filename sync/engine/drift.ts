import { decodeRecord } from '../core/decode.ts';
import { driftBetween, driftUnheard, type FieldDrift } from '../core/drift.ts';
import { SyncError } from '../core/errors.ts';
import type { Side, SystemRecord } from '../core/types.ts';
import { type LinkRow, linksById, linksOfLanes } from '../store/links.ts';
import type { Drift } from './api.ts';
import { dealOf } from './deal.ts';
import { isSystemAway } from './guard.ts';
import { inTime } from './in-time.ts';
import { learnReferences } from './learn.ts';
import { ownSumDrift } from './own-sum.ts';
import { readRecords } from './records.ts';
import { dutyOf, stageOf } from './stage.ts';
import { type EngineParts, stepContext } from './step-context.ts';
import { refOfLink, refsOfLink } from './work.ts';

/**
 * How long a system may take to show its records for the comparison of one link, in ms. Whoever asks for it has asked for
 * more, and hears nothing of that either once the gateway has given us up, after 5 s; what does not answer is asked twice.
 */
export const lookMs = 1_500;

/**
 * Both sides of a link as they are now, in canonical form, compared with each other and with the base. A system that is
 * away, or does not answer within `ms`, takes nothing from what is known without it.
 */
export async function driftOf(all: EngineParts, linkId: string, ms = lookMs): Promise<Drift> {
  const { crm, erp } = all.connectors;
  const parts = { ...all, connectors: { crm: inTime('crm', crm, ms), erp: inTime('erp', erp, ms) } };
  try {
    const fields = (await driftsOf(parts, [linkId])).get(linkId);
    if (!fields) throw new SyncError('NOT_FOUND', `There is no link ${linkId}.`);
    return { fields, away: {} };
  } catch (error) {
    if (!isSystemAway(error)) throw error;
    return driftWithout(parts, linkId);
  }
}

/** The record's own fields, without the side that does not answer. Of a document's lines nothing is known then. */
async function driftWithout(parts: EngineParts, linkId: string): Promise<Drift> {
  const context = stepContext(parts);
  const [link] = await linksById(parts.sql, [linkId]);
  if (!link) throw new SyncError('NOT_FOUND', `There is no link ${linkId}.`);
  const away: Partial<Record<Side, SyncError>> = {};
  await Promise.all(
    refsOfLink(context, link).map((ref) =>
      readRecords(context.connectors, context.records, [ref]).catch((error: unknown) => {
        if (!(error instanceof SyncError) || !isSystemAway(error)) throw error;
        // Why nobody waited for it, or spared it the call, is told in words.
        away[ref.side] = new SyncError('SYSTEM_UNAVAILABLE', error.message, {
          cause: error,
          detail: error.detail,
        });
      }),
    ),
  );
  await learnReferences(context, [{ links: [link] }]);
  const mapping = parts.mappings[link.mapping];
  const stateOf = (side: Side) => {
    const ref = refOfLink(mapping, link, side);
    const record = ref && context.records.get(ref);
    return record && decodeRecord(mapping, side, record, context.lookup, Date.parse(record.updatedAt));
  };
  const [first] = Object.values(away);
  // Back by now: what it shows is for the next look.
  const why = first?.message ?? 'It was away a moment ago.';
  return {
    fields: driftUnheard(mapping, { base: link.base, crm: stateOf('crm'), erp: stateOf('erp') }, why),
    away,
  };
}

/**
 * The same for many links at once: one read per system and entity however many there are. A link that lacks a side has
 * no fields to compare; one that does not exist is absent.
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
    return mapping.name === 'quote' && duty.content ? [...fields, ...ownSumDrift(a, b)] : fields;
  };
  return new Map(links.map((link) => [link.id, compare(link)]));
}
