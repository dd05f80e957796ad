import { roundTrips, type Trip } from '../core/round-trip.ts';
import { linksById } from '../store/links.ts';
import { learnReferences } from './learn.ts';
import { readRecords } from './records.ts';
import { type EngineParts, stepContext } from './step-context.ts';
import { refOfLink, refsOfLink } from './work.ts';

/** The round trips of every value of these pairs, over both systems as they are now, by link. Nothing is written. */
export async function roundTripsOf(
  parts: EngineParts,
  linkIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Trip[]>> {
  const links = await linksById(parts.sql, linkIds);
  const context = stepContext(parts);
  await readRecords(
    parts.connectors,
    context.records,
    links.flatMap((link) => refsOfLink(context, link)),
  );
  await learnReferences(
    context,
    links.map((link) => ({ links: [link] })),
  );
  return new Map(
    links.flatMap((link) => {
      const mapping = parts.mappings[link.mapping];
      const [crmRef, erpRef] = [refOfLink(mapping, link, 'crm'), refOfLink(mapping, link, 'erp')];
      const [crm, erp] = [crmRef && context.records.get(crmRef), erpRef && context.records.get(erpRef)];
      if (!crm || !erp) return [];
      return [
        [link.id, roundTrips(mapping, { records: { crm, erp }, lineLinks: link.lines }, context.lookup)],
      ];
    }),
  );
}
