import type { Mapping } from '../core/mapping.ts';
import type { Base, LineState, SystemRecord, Values } from '../core/types.ts';
import type { LinkBrief, LinkRow } from '../store/links.ts';
import { type Adopted, decode, type Found, freshDeal, learnRecords, type Stamp } from './adopted.ts';
import { freshLink, revisionKey } from './fresh-link.ts';
import { isRevised } from './heirs.ts';
import { isSuperseded } from './plan/superseded.ts';
import { readRecords } from './records.ts';
import { isOutOfUse } from './stage.ts';
import type { StepContext } from './step-context.ts';
import { takeOver } from './take-over.ts';
import { refOfLink } from './work.ts';

/** A document of a deal that is known already: it takes its place in the deal's lane. */
export async function joinDeal(
  context: StepContext,
  each: Found,
  quote: LinkBrief,
  stamp: Stamp,
): Promise<Adopted> {
  if (stamp.as === 'revision') return joinAsRevision(context, each, quote);
  // Before its links are read: a step that had read them, too, would put back what it knew.
  const isFree = await context.takeDeal({ key: quote.lane, mapping: quote.mapping }, each.lane);
  const members = await context.linksOfDeal(quote.lane);
  // Its quote was revised, and the deal is no more.
  if (members.length === 0) return freshDeal(context, each);
  const link = members.find((l) => l.mapping === 'order');
  const proposal = members.find((l) => l.mapping === 'quoteOrder' && !isSuperseded(l));
  if (each.ref.side === 'crm') {
    if (link?.crmId && link.crmId !== each.ref.id) return freshDeal(context, each);
    // The deal is being worked on and may just be making this order's counterpart, and a link for it.
    if (!isFree) return { kind: 'later', lane: each.lane };
    const erpId = link?.erpId ?? proposal?.erpId;
    if (erpId && (await isOver(context, erpId))) return freshDeal(context, each);
    const joined: LinkRow = link
      ? { ...link, crmId: each.ref.id, lines: paired(link, each.record, proposal, context.newId) }
      : {
          ...freshLink(context.newId(), 'order', quote.lane, {
            crmId: each.ref.id,
            erpId: proposal?.erpId ?? null,
          }),
          lines: paired(null, each.record, proposal, context.newId),
        };
    return { kind: 'joined', lane: each.lane, links: [joined] };
  }
  if (isOutOfUse(each.record)) return freshDeal(context, each);
  if (!isFree)
    // The deal is being worked on. One that it has just created it finds by its key, and links it.
    return stamp.side === 'crm' && !proposal?.erpId
      ? { kind: 'handed', lane: each.lane, to: quote.lane, mapping: quote.mapping }
      : { kind: 'later', lane: each.lane };
  const erpId = each.ref.id;
  if (proposal?.erpId && proposal.erpId !== erpId) {
    const links = await takeOver(context, members, erpId);
    return links ? { kind: 'joined', lane: each.lane, links } : freshDeal(context, each);
  }
  if (proposal) return { kind: 'joined', lane: each.lane, links: [{ ...proposal, erpId }] };
  if (link?.erpId && link.erpId !== erpId) return freshDeal(context, each);
  // The deal makes the quote's own link with it, as soon as there is a quote in the CRM.
  const joined = link
    ? { ...link, erpId }
    : freshLink(context.newId(), 'order', quote.lane, { crmId: null, erpId });
  return { kind: 'joined', lane: each.lane, links: [joined] };
}

/** It takes over what it finds; what a step that read before it has to say of the links it ends is not heard any more. */
async function joinAsRevision(context: StepContext, each: Found, quote: LinkBrief): Promise<Adopted> {
  const members = await context.linksOfDeal(quote.lane);
  const isNext = members.length > 0 && (!isRevised(quote) || (await isLatest(context, each, members)));
  return isNext ? revise(context, each, members) : freshDeal(context, each);
}

/** Whether a deal's ERP order has come to nothing: a new order does not follow it there. */
async function isOver({ connectors, records, mappings }: StepContext, id: string): Promise<boolean> {
  const ref = { side: 'erp', entity: mappings.order.erp, id } as const;
  await readRecords(connectors, records, [ref]);
  const record = records.get(ref);
  return record !== null && isOutOfUse(record);
}

/**
 * The CRM order's lines pair with the ERP order's through the quote's lines they were made from. Lines that the
 * unified order has shown already keep their links; what has no pair yet looks for one like a new line.
 */
export function paired(
  link: LinkRow | null,
  record: SystemRecord,
  proposal: LinkRow | undefined,
  newId: () => string,
): LinkRow['lines'] {
  const shown = (link?.lines ?? []).map((line) => ({ ...line, base: null }));
  if (!proposal?.erpId) return shown;
  const lines = (record.fields.lines ?? []) as readonly Readonly<Record<string, unknown>>[];
  const crmLineOf = new Map<string, string>();
  for (const line of lines) {
    const pair = proposal.lines.find(
      (l) => !l.ended && l.crmLineId === line.quoteLineId && l.erpLineId && !crmLineOf.has(l.erpLineId),
    );
    if (pair?.erpLineId) crmLineOf.set(pair.erpLineId, String(line.lineId));
  }
  const known = new Set(shown.map((line) => line.erpLineId));
  const fresh = [...crmLineOf].filter(([erpLineId]) => !known.has(erpLineId));
  return [
    ...shown.map((line) => ({ ...line, crmLineId: crmLineOf.get(line.erpLineId ?? '') ?? null })),
    ...fresh.map(([erpLineId, crmLineId]) => ({
      id: newId(),
      crmLineId,
      erpLineId,
      base: null,
      ended: false,
    })),
  ];
}

/** Of several revisions of one quote, which imports may bring in any order, the one that has the deal is the latest. */
async function isLatest(
  { connectors, mappings, records }: StepContext,
  { record }: Found,
  members: readonly LinkRow[],
): Promise<boolean> {
  const quote = members.find(({ mapping }) => mapping === 'quote');
  const ref = quote && refOfLink(mappings.quote, quote, 'crm');
  if (!ref) return true;
  await readRecords(connectors, records, [ref]);
  const now = records.get(ref);
  return now === null || Number(record.fields.revision) > Number(now.fields.revision);
}

/**
 * A new revision takes over the ERP quote and the proposal; the old revision's links end as superseded. It is an edit
 * of the quote, not a new one: what was agreed with the old revision is its base, so that what it leaves out goes.
 */
async function revise(context: StepContext, each: Found, members: readonly LinkRow[]): Promise<Adopted> {
  await learnRecords(context, [each]);
  const links: LinkRow[] = [];
  for (const old of members) {
    // A PROPOSAL that has lost its place has none to give.
    if ((old.mapping !== 'quote' && old.mapping !== 'quoteOrder') || isSuperseded(old)) continue;
    const by = { kind: 'create', key: revisionKey } as const;
    const fresh = freshLink(context.newId(), old.mapping, old.lane, {
      crmId: each.ref.id,
      erpId: old.erpId,
      by,
    });
    const mapping = context.mappings[old.mapping];
    const { lines = [] } = decode(context, mapping, 'crm', each.record);
    links.push({ ...old, state: 'ended', endedBy: 'superseded' });
    links.push({ ...fresh, ...inherited(mapping, old, lines, context.newId) });
  }
  return links.length > 0 ? { kind: 'joined', lane: each.lane, links } : freshDeal(context, each);
}

/**
 * What a revision takes over from the one before: its base but for the status, and its lines, paired by what they are. What
 * the ERP alone authors (numbers, amounts) the revision has never shown: that it lacks it is nobody's edit.
 */
function inherited(
  { fields, lines: table = {} }: Mapping,
  old: LinkRow,
  lines: readonly LineState[],
  newId: () => string,
): Pick<LinkRow, 'base' | 'lines'> {
  if (!old.base) return { base: null, lines: [] };
  const alike = (values: Values): string => JSON.stringify([values.kind, values.productId, values.unit]);
  const left = Map.groupBy(lines, (line) => alike(line.values));
  const kept = old.lines.filter((line) => !line.ended && line.base);
  return {
    base: baseWithout(old.base, (field) => field === 'status' || fields[field]?.way === 'toCrm'),
    lines: kept.map((line) => {
      const now = left.get(alike(line.base!.crm))?.shift();
      const base = baseWithout(line.base!, (field) => table[field]?.way === 'toCrm');
      return { ...line, id: newId(), crmLineId: now?.lineId ?? line.crmLineId, base };
    }),
  };
}

function baseWithout({ crm, erp }: Base, drops: (field: string) => boolean): Base {
  const left = (values: Values): Values =>
    Object.fromEntries(Object.entries(values).filter(([field]) => !drops(field)));
  return { crm: left(crm), erp: left(erp) };
}
