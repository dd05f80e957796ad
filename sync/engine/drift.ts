import { decodeRecord } from '../core/decode.ts';
import { driftBetween } from '../core/drift.ts';
import { SyncError } from '../core/errors.ts';
import type { Stage } from '../core/types.ts';
import { linksById } from '../store/links.ts';
import type { FieldDrift } from './api.ts';
import { learnReferences } from './gather.ts';
import { dealOf } from './plan-work.ts';
import { readRecords } from './records.ts';
import { stageOf } from './stage.ts';
import { type EngineParts, type StepContext, stepContext } from './step-context.ts';
import { refOfLink, refsOfLink } from './work.ts';

/** Both sides of a link as they are now, in canonical form, compared with each other and with the base. */
export async function driftOf(parts: EngineParts, linkId: string): Promise<readonly FieldDrift[]> {
  const [link] = await linksById(parts.sql, [linkId]);
  if (!link) throw new SyncError('NOT_FOUND', `There is no link ${linkId}.`);
  const context = stepContext(parts);
  const mapping = parts.mappings[link.mapping];
  const [crm, erp] = [refOfLink(mapping, link, 'crm'), refOfLink(mapping, link, 'erp')];
  if (!crm || !erp) return [];
  await readRecords(parts.connectors, context.records, [crm, erp]);
  await learnReferences(context, [{ lane: { key: link.lane } as never, links: [link], choices: {} }]);
  const [a, b] = [context.records.get(crm), context.records.get(erp)];
  if (!a || !b) return [];
  const state = (side: 'crm' | 'erp') =>
    decodeRecord(
      mapping,
      side,
      side === 'crm' ? a : b,
      context.lookup,
      Date.parse((side === 'crm' ? a : b).updatedAt),
    );
  const deal = link.lane.startsWith('deal:') ? await stageOfDeal(context, link.lane) : 'quote';
  const content = mapping.carries?.includes(deal) ?? true;
  return driftBetween(mapping, {
    base: link.base,
    crm: state('crm'),
    erp: state('erp'),
    lineLinks: link.lines,
    stage: deal,
    content,
  });
}

async function stageOfDeal(context: StepContext, lane: string): Promise<Stage> {
  const links = await context.linksOfDeal(lane);
  await readRecords(
    context.connectors,
    context.records,
    links.flatMap((link) => refsOfLink(context, link)),
  );
  return stageOf(dealOf(links, context));
}
