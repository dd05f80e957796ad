import { decodeRecord } from '../core/decode.ts';
import { driftBetween } from '../core/drift.ts';
import type { SystemRecord } from '../core/types.ts';
import { type LinkRow, linksById } from '../store/links.ts';
import type { FieldDrift } from './api.ts';
import { learnReferences } from './gather.ts';
import { dealOf } from './plan-work.ts';
import { readRecords } from './records.ts';
import { stageOf } from './stage.ts';
import { type EngineParts, stepContext } from './step-context.ts';
import { refOfLink, refsOfLink } from './work.ts';

/** Fields of these links that are not in step, live; reads both systems once for all of them. */
export async function driftsOf(
  parts: EngineParts,
  linkIds: readonly string[],
): Promise<ReadonlyMap<string, readonly FieldDrift[]>> {
  if (linkIds.length === 0) return new Map();
  const context = stepContext(parts);
  const links = await linksById(parts.sql, linkIds);
  const deals = [...new Set(links.map((link) => link.lane).filter((lane) => lane.startsWith('deal:')))];
  const members = new Map<string, readonly LinkRow[]>(
    await Promise.all(deals.map(async (lane) => [lane, await context.linksOfDeal(lane)] as const)),
  );
  await readRecords(
    context.connectors,
    context.records,
    [...links, ...[...members.values()].flat()].flatMap((link) => refsOfLink(context, link)),
  );
  await learnReferences(
    context,
    links.map((link) => ({ lane: { key: link.lane } as never, links: [link], choices: {} })),
  );
  const out = new Map<string, readonly FieldDrift[]>();
  for (const link of links) {
    const mapping = parts.mappings[link.mapping];
    const [crm, erp] = [refOfLink(mapping, link, 'crm'), refOfLink(mapping, link, 'erp')];
    const [a, b] = [crm && context.records.get(crm), erp && context.records.get(erp)];
    if (!a || !b) continue;
    const deal = members.get(link.lane);
    const stage = deal ? stageOf(dealOf(deal, context)) : 'quote';
    const stateOf = (side: 'crm' | 'erp', record: SystemRecord) =>
      decodeRecord(mapping, side, record, context.lookup, Date.parse(record.updatedAt));
    const fields = driftBetween(mapping, {
      base: link.base,
      crm: stateOf('crm', a),
      erp: stateOf('erp', b),
      lineLinks: link.lines,
      stage,
      content: mapping.carries?.includes(stage) ?? true,
    });
    const off = fields.filter(({ verdict }) => verdict !== 'equal' && verdict !== 'agreed difference');
    if (off.length > 0) out.set(link.id, off);
  }
  return out;
}
