import { other } from '../core/sides.ts';
import type { MappingName, RecordRef, Side, SystemRecord } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import { freshLink } from './plan-work.ts';
import { readRecords } from './records.ts';
import type { StepContext } from './step-context.ts';

/** A document without a link. */
export interface Unlinked {
  readonly ref: RecordRef;
  readonly record: SystemRecord;
  readonly mapping: MappingName;
}

/** CRM properties that hold the number of the ERP document, with the ERP's own name for it. */
const numbers: Readonly<Record<string, readonly [crm: string, erp: string]>> = {
  quote: ['erpQuoteNumber', 'quoteNo'],
  order: ['erpOrderNumber', 'orderNo'],
};

/**
 * Documents that name their counterpart, by the ERP's stamp or by the number the CRM was given: one of the two was
 * made from the other by a step that has not recorded it yet, or died before it could. Taking the document for a new
 * one would make a second counterpart; so it is linked to the one it names, as far as that is there and free.
 */
export async function linkNamed(
  context: StepContext,
  documents: readonly Unlinked[],
): Promise<ReadonlyMap<Unlinked, LinkRow>> {
  const named = documents.map((each) => ({ each, name: nameOf(each) })).filter(({ name }) => name !== null);
  if (named.length === 0) return new Map();
  const byId = named.filter(({ each }) => each.ref.side === 'erp');
  const refOfName = ({ each, name }: (typeof named)[number]): RecordRef => ({
    side: 'crm',
    entity: context.mappings[each.mapping].crm,
    id: name!,
  });
  const byNumber = named.filter(({ each }) => each.ref.side === 'crm');
  const [hits] = await Promise.all([
    byNumber.length > 0
      ? context.connectors.erp.find(
          byNumber.map(({ each, name }) => ({
            entity: context.mappings[each.mapping].erp,
            where: { [numbers[each.mapping]![1]]: name! },
          })),
        )
      : [],
    readRecords(context.connectors, context.records, byId.map(refOfName)),
  ]);
  const met = named.flatMap((one) => {
    const at = byNumber.indexOf(one);
    const record =
      at < 0 ? context.records.get(refOfName(one)) : hits[at]!.length === 1 ? hits[at]![0]! : null;
    return record && !record.archived ? [{ each: one.each, id: record.id }] : [];
  });
  const taken = await context.linksOf(
    met.map(({ each, id }) => ({ mapping: each.mapping, side: other(each.ref.side), id })),
  );
  const isFree = (mapping: MappingName, side: Side, id: string): boolean =>
    !taken.some(
      (link) =>
        link.mapping === mapping &&
        link.state !== 'ended' &&
        (side === 'crm' ? link.crmId : link.erpId) === id,
    );
  return new Map(
    met
      .filter(({ each, id }) => isFree(each.mapping, other(each.ref.side), id))
      .map(({ each, id }) => {
        const crmId = each.ref.side === 'crm' ? each.ref.id : id;
        const erpId = each.ref.side === 'erp' ? each.ref.id : id;
        const by = { kind: 'match', key: 'id', score: 100 } as const;
        return [each, freshLink(context.newId(), each.mapping, `deal:crm:${crmId}`, { crmId, erpId, by })];
      }),
  );
}

function nameOf({ ref, record, mapping }: Unlinked): string | null {
  const property = ref.side === 'erp' ? 'externalReference' : numbers[mapping]?.[0];
  const value = property && record.fields[property];
  return typeof value === 'string' && value !== '' ? value : null;
}
