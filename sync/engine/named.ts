import { other } from '../core/sides.ts';
import type { MappingName, RecordRef, Side, SystemRecord } from '../core/types.ts';
import type { Underway } from '../store/intents.ts';
import type { LinkBrief, LinkRow } from '../store/links.ts';
import { freshLink } from './fresh-link.ts';
import { readRecords, refKey } from './records.ts';
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

/** What is known of a document that has no link, or had none when its step began. */
export type Named =
  /** Its counterpart is there and free. */
  | { readonly kind: 'found'; readonly link: LinkRow }
  /** Another step has linked it meanwhile. */
  | { readonly kind: 'linked'; readonly link: LinkBrief };

/**
 * Documents whose counterpart is known by name: the ERP's stamp, found from either side, or the number the CRM was
 * given. One of the two was made from the other by a step that has not recorded it yet, or died before it could, or
 * long before there was a sync. Taking the document for a new one would make a second counterpart; so it is linked to
 * the one it names, as far as that is there and free. In the lane of the step that made it, where that is known: what
 * else it made for the deal bears this lane in its key, and is found by it.
 */
export async function linkNamed(
  context: StepContext,
  documents: readonly Unlinked[],
  making: readonly Underway[],
): Promise<ReadonlyMap<Unlinked, Named>> {
  if (documents.length === 0) return new Map();
  const met = (await Promise.all([namedInCrm(context, documents), namedInErp(context, documents)])).flat();
  // Asked last: a link that was recorded while we looked is seen.
  const links = await context.linksOf([
    ...documents.map(({ ref, mapping }) => ({ mapping, side: ref.side, id: ref.id })),
    ...met.map(({ each, id }) => ({ mapping: each.mapping, side: other(each.ref.side), id })),
  ]);
  const live = links.filter((link) => link.state !== 'ended');
  const linkOf = (mapping: MappingName, side: Side, id: string): LinkBrief | undefined =>
    live.find((link) => link.mapping === mapping && (side === 'crm' ? link.crmId : link.erpId) === id);
  const named = new Map<Unlinked, Named>();
  const given = new Set<string>();
  for (const { each, id } of met) {
    const crmId = each.ref.side === 'crm' ? each.ref.id : id;
    const erpId = each.ref.side === 'erp' ? each.ref.id : id;
    if (linkOf(each.mapping, other(each.ref.side), id) || named.has(each) || given.has(`${crmId} ${erpId}`))
      continue;
    given.add(`${crmId} ${erpId}`);
    const by = { kind: 'match', key: 'id', score: 100 } as const;
    const sources = [refKey(each.ref), refKey({ ...counterpart(context, each), id })];
    const origin = making.find(({ mapping, source }) => mapping === each.mapping && sources.includes(source));
    const lane = origin?.linkLane ?? `deal:crm:${crmId}`;
    const link = freshLink(context.newId(), each.mapping, lane, { crmId, erpId, by });
    named.set(each, { kind: 'found', link });
  }
  for (const each of documents) {
    const link = linkOf(each.mapping, each.ref.side, each.ref.id);
    if (link) named.set(each, { kind: 'linked', link });
  }
  return named;
}

/** Where the document is that this one stands for. */
const counterpart = (
  { mappings }: StepContext,
  { ref, mapping }: Unlinked,
): Pick<RecordRef, 'side' | 'entity'> => ({
  side: other(ref.side),
  entity: mappings[mapping][other(ref.side)],
});

/** A document and the id of the one it stands for. */
interface Meeting {
  readonly each: Unlinked;
  readonly id: string;
}

/** The CRM documents whose id ERP documents bear as their stamp. */
async function namedInCrm(context: StepContext, documents: readonly Unlinked[]): Promise<readonly Meeting[]> {
  const stamped = documents.flatMap((each) => {
    const id = each.ref.side === 'erp' ? textOf(each.record, stamp) : null;
    return id === null ? [] : [{ each, id }];
  });
  const refOf = ({ each, id }: Meeting): RecordRef => ({ ...counterpart(context, each), id });
  await readRecords(context.connectors, context.records, stamped.map(refOf));
  return stamped.filter((meeting) => isThere(context.records.get(refOf(meeting))));
}

/** The ERP documents that bear a CRM document's id as their stamp, or the number that it was given. */
async function namedInErp(context: StepContext, documents: readonly Unlinked[]): Promise<readonly Meeting[]> {
  const asked = documents.flatMap((each) => {
    if (each.ref.side !== 'crm') return [];
    const [crm, erp] = numbers[each.mapping]!;
    const number = textOf(each.record, crm);
    const wheres = [{ [stamp]: each.ref.id }, ...(number === null ? [] : [{ [erp]: number }])];
    return wheres.map((where) => ({ each, lookup: { entity: context.mappings[each.mapping].erp, where } }));
  });
  if (asked.length === 0) return [];
  const hits = await context.connectors.erp.find(asked.map(({ lookup }) => lookup));
  return asked.flatMap(({ each }, n) => {
    const [first, second] = hits[n]!;
    return first && !second && isThere(first) ? [{ each, id: first.id }] : [];
  });
}

/** The ERP's property that holds the id of the CRM's document. */
const stamp = 'externalReference';

const isThere = (record: SystemRecord | null): boolean => record !== null && !record.archived;

function textOf(record: SystemRecord, property: string): string | null {
  const value = record.fields[property];
  return typeof value === 'string' && value !== '' ? value : null;
}
