import { roundTrips } from '../core/round-trip.ts';
import { linksById } from '../store/links.ts';
import type { RoundTrips } from './api.ts';
import { asLookedAt, readWhatAnswers } from './drift.ts';
import { learnReferences } from './learn.ts';
import { type EngineParts, stepContext } from './step-context.ts';
import { refOfLink } from './work.ts';

/**
 * The round trips of every value of these pairs, over both systems as they are now, by link. Nothing is written. While a
 * system is away, or does not answer within `ms`, none is made.
 */
export async function roundTripsOf(
  all: EngineParts,
  linkIds: readonly string[],
  ms?: number,
): Promise<RoundTrips> {
  const parts = asLookedAt(all, ms);
  const links = await linksById(parts.sql, linkIds);
  const context = stepContext(parts);
  const away = await readWhatAnswers(context, links);
  if (Object.keys(away).length > 0) return { trips: new Map(), away };
  await learnReferences(
    context,
    links.map((link) => ({ links: [link] })),
  );
  const trips = links.flatMap((link) => {
    const mapping = parts.mappings[link.mapping];
    const [crmRef, erpRef] = [refOfLink(mapping, link, 'crm'), refOfLink(mapping, link, 'erp')];
    const [crm, erp] = [crmRef && context.records.get(crmRef), erpRef && context.records.get(erpRef)];
    if (!crm || !erp) return [];
    const pair = { records: { crm, erp }, lineLinks: link.lines };
    return [[link.id, roundTrips(mapping, pair, context.lookup)] as const];
  });
  return { trips: new Map(trips), away };
}
