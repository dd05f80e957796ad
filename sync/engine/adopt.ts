import type { Connector, Lookup } from '../core/connector.ts';
import { decodeRecord } from '../core/decode.ts';
import type { Mapping } from '../core/mapping.ts';
import { type Candidate, compared, judge, type MatchLookup, matchValues, sure } from '../core/matching.ts';
import { other, sides } from '../core/sides.ts';
import type {
  LineState,
  MappingName,
  RecordRef,
  Side,
  SideState,
  SystemRecord,
  Values,
} from '../core/types.ts';
import { claimTwins, type NewProposal } from '../store/findings.ts';
import type { Underway } from '../store/intents.ts';
import type { Lane } from '../store/lanes.ts';
import type { LinkBrief, LinkRow, MappedRef } from '../store/links.ts';
import { findByForm, type Looked, learn } from './alike.ts';
import { referencesOf } from './lookup.ts';
import { linkNamed, type Named } from './named.ts';
import { originsOf, rejoin, underway } from './origins.ts';
import { freshLink, revisionKey } from './plan-work.ts';
import { readRecords, refKey, refOf } from './records.ts';
import type { StepContext } from './step-context.ts';

/** What became of a lane of a record that had no link when it rang. */
export type Adopted =
  /** It has a link by now: that link's lane takes over. */
  | { readonly kind: 'handed'; readonly lane: Lane; readonly to: string; readonly mapping: MappingName }
  /** Nothing to link: gone, or ended before (a tombstone). */
  | { readonly kind: 'nothing'; readonly lane: Lane }
  /** A twin is being created, or what it refers to is not known yet: again in a moment. */
  | { readonly kind: 'later'; readonly lane: Lane; readonly ring?: RecordRef }
  /** It has a fresh link, worked on in this very step. */
  | { readonly kind: 'linked'; readonly lane: Lane; readonly link: LinkRow; readonly proposal?: NewProposal }
  /** It joins links that are stored: they are saved at once, and their lane takes over. */
  | { readonly kind: 'joined'; readonly lane: Lane; readonly links: readonly LinkRow[] };

/** Which mapping takes in a new record of an entity. */
export const adoptingMapping: Readonly<Record<Side, Readonly<Record<string, MappingName>>>> = {
  crm: {
    Customer: 'customer',
    Contact: 'contact',
    Product: 'product',
    Quote: 'quote',
    Order: 'order',
    User: 'user',
  },
  erp: {
    Customer: 'customer',
    Contact: 'contact',
    Product: 'product',
    Quote: 'quote',
    Order: 'order',
    Salesperson: 'user',
  },
};

/**
 * Gives records without a link one: by the stamp they carry, by what they refer to, by their match keys, or a fresh
 * link that waits for a counterpart. An ambiguous match links nothing; it becomes a proposal.
 */
export async function adopt(context: StepContext, lanes: readonly Lane[]): Promise<readonly Adopted[]> {
  const asked = lanes.map((lane) => ({ lane, ref: refOf(lane.key.slice('rec:'.length)) }));
  // Before the links: a create that is under way no more has left its link there.
  const making = await underway(
    context,
    asked.map(({ ref }) => ref),
  );
  const known = await context.linksOf(
    asked.flatMap(({ ref }) => mappingsFor(ref).map((mapping) => ({ mapping, side: ref.side, id: ref.id }))),
  );
  const out: Adopted[] = [];
  const open: { lane: Lane; ref: RecordRef }[] = [];
  for (const each of asked) {
    const own = known.filter(
      (link) => idOn(link, each.ref.side) === each.ref.id && mappingsFor(each.ref).includes(link.mapping),
    );
    const live = own.find((link) => link.state !== 'ended');
    if (live) out.push({ kind: 'handed', lane: each.lane, to: live.lane, mapping: live.mapping });
    else if (own.length > 0 && each.lane.cause.kind === 'change')
      out.push({ kind: 'nothing', lane: each.lane });
    else open.push(each);
  }
  if (open.length === 0) return out;
  await readRecords(
    context.connectors,
    context.records,
    open.map(({ ref }) => ref),
  );
  const originOf = originsOf(making);
  const found: Found[] = [];
  const made: { each: Found; origin: Underway }[] = [];
  for (const { lane, ref } of open) {
    const record = context.records.get(ref);
    if (!record) {
      out.push({ kind: 'nothing', lane });
      continue;
    }
    const each = { lane, ref, record, mapping: adoptingMapping[ref.side][ref.entity]! };
    const origin = originOf(ref, record);
    if (!origin) found.push(each);
    // The step that made it, or its repetition, links it.
    else if (origin.working && origin.lane !== lane.key) out.push({ kind: 'later', lane });
    else made.push({ each, origin });
  }
  const rejoined = await rejoin(context, made);
  out.push(...rejoined.done);
  found.push(...rejoined.rest);
  const stamped = await byStamp(context, found);
  out.push(...stamped.done);
  const documents = stamped.rest.filter(isDocument);
  const named = await linkNamed(context, documents);
  for (const each of documents) out.push(adoptedAs(each, named.get(each)) ?? freshDeal(context, each));
  // What was about to be created for a record is created, not looked for: the create finds what it had made.
  const isRepeated = ({ lane, ref }: Found): boolean =>
    making.some((each) => each.lane === lane.key && each.source === refKey(ref));
  const others = stamped.rest.filter((each) => !documents.includes(each));
  for (const { lane, ref, mapping } of others.filter(isRepeated)) {
    const ids = { crmId: ref.side === 'crm' ? ref.id : null, erpId: ref.side === 'erp' ? ref.id : null };
    out.push({ kind: 'linked', lane, link: freshLink(context.newId(), mapping, null, ids) });
  }
  out.push(
    ...(await byMatch(
      context,
      others.filter((each) => !isRepeated(each)),
    )),
  );
  return out;
}

const isDocument = ({ mapping }: Found): boolean => mapping === 'quote' || mapping === 'order';

function adoptedAs({ lane }: Found, named: Named | undefined): Adopted | null {
  if (!named) return null;
  if (named.kind === 'found') return { kind: 'linked', lane, link: named.link };
  return { kind: 'handed', lane, to: named.link.lane, mapping: named.link.mapping };
}

interface Found {
  readonly lane: Lane;
  readonly ref: RecordRef;
  readonly record: SystemRecord;
  readonly mapping: MappingName;
}

const idOn = (link: LinkBrief, side: Side): string | null => (side === 'crm' ? link.crmId : link.erpId);

const mappingsFor = (ref: RecordRef): readonly MappingName[] =>
  ref.side === 'erp' && ref.entity === 'Order'
    ? ['order', 'quoteOrder']
    : [adoptingMapping[ref.side][ref.entity]!];

/** What a record itself says about its counterpart or its deal. */
interface Stamp {
  readonly mapping: MappingName;
  readonly side: Side;
  readonly id: string;
  readonly as: 'counterpart' | 'deal' | 'revision';
}

function stampOf({ ref, record }: Found): Stamp | null {
  const text = (field: string): string | null => {
    const value = record.fields[field];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const mapping = adoptingMapping[ref.side][ref.entity]!;
  if (ref.side === 'erp') {
    const external = text('externalReference');
    if (external) return { mapping, side: 'crm', id: external, as: 'counterpart' };
    const source = ref.entity === 'Order' ? text('sourceQuoteReference') : null;
    return source ? { mapping: 'quote', side: 'crm', id: source, as: 'deal' } : null;
  }
  const quote = ref.entity === 'Order' ? text('quoteId') : null;
  if (quote) return { mapping: 'quote', side: 'crm', id: quote, as: 'deal' };
  const revised = ref.entity === 'Quote' ? text('revisionOfId') : null;
  return revised ? { mapping: 'quote', side: 'crm', id: revised, as: 'revision' } : null;
}

/** Follows stamps and references: the ERP's external reference, an order's quote, a revision's predecessor. */
async function byStamp(
  context: StepContext,
  found: readonly Found[],
): Promise<{ readonly done: readonly Adopted[]; readonly rest: readonly Found[] }> {
  const stamps = found.map((each) => ({ each, stamp: stampOf(each) }));
  const refs: MappedRef[] = stamps.flatMap(({ stamp }) => (stamp ? [stamp] : []));
  const links = refs.length > 0 ? await context.linksOf(refs) : [];
  const done: Adopted[] = [];
  const rest: Found[] = [];
  for (const { each, stamp } of stamps) {
    const link =
      stamp &&
      links.find(
        (l) => l.mapping === stamp.mapping && idOn(l, stamp.side) === stamp.id && l.state !== 'ended',
      );
    if (!stamp || (!link && stamp.as === 'counterpart')) rest.push(each);
    else if (!link) {
      // A deal starts at its quote: let that one come first, but an order whose quote never comes stands alone.
      if (each.lane.attempts < patience)
        done.push({ kind: 'later', lane: each.lane, ring: { side: 'crm', entity: 'Quote', id: stamp.id } });
      else rest.push(each);
    } else if (stamp.as === 'counterpart') {
      if (link.erpId === null || link.erpId === each.ref.id)
        done.push({ kind: 'handed', lane: each.lane, to: link.lane, mapping: link.mapping });
      else rest.push(each);
    } else done.push(await joinDeal(context, each, link, stamp));
  }
  return { done, rest };
}

/** How many times an order waits for the quote it names before it goes on without. */
const patience = 5;

/** A document of a deal that is known already: it takes its place in the deal's lane. */
async function joinDeal(context: StepContext, each: Found, quote: LinkBrief, stamp: Stamp): Promise<Adopted> {
  const members = await context.linksOfDeal(quote.lane);
  if (stamp.as === 'revision') return revise(context, each, members);
  const link = members.find((l) => l.mapping === 'order');
  const proposal = members.find((l) => l.mapping === 'quoteOrder');
  if (each.ref.side === 'crm') {
    if (link?.crmId && link.crmId !== each.ref.id) return freshDeal(context, each);
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
  if (proposal?.erpId && proposal.erpId !== each.ref.id) return freshDeal(context, each);
  // The deal is being worked on and may just have created this order: it finds it by its key, and links it.
  if (await context.isQueued(quote.lane))
    return { kind: 'handed', lane: each.lane, to: quote.lane, mapping: quote.mapping };
  const joined: LinkRow = proposal
    ? { ...proposal, erpId: each.ref.id }
    : freshLink(context.newId(), 'quoteOrder', quote.lane, { crmId: stamp.id, erpId: each.ref.id });
  return { kind: 'joined', lane: each.lane, links: [joined] };
}

/**
 * The CRM order's lines pair with the ERP order's through the quote's lines they were made from. Lines that the
 * unified order has shown already keep their links; what has no pair yet looks for one like a new line.
 */
function paired(
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

/**
 * A new revision takes over the ERP quote and the proposal; the old revision's links end as superseded. It is an edit
 * of the quote, not a new one: what was agreed with the old revision is its base, so that what it leaves out goes.
 */
async function revise(context: StepContext, each: Found, members: readonly LinkRow[]): Promise<Adopted> {
  await learnRecords(context, [each]);
  const links: LinkRow[] = [];
  for (const old of members) {
    if (old.mapping !== 'quote' && old.mapping !== 'quoteOrder') continue;
    const by = { kind: 'create', key: revisionKey } as const;
    const fresh = freshLink(context.newId(), old.mapping, old.lane, {
      crmId: each.ref.id,
      erpId: old.erpId,
      by,
    });
    const { lines = [] } = decode(context, context.mappings[old.mapping], 'crm', each.record);
    links.push({ ...old, state: 'ended', endedBy: 'superseded' });
    links.push({ ...fresh, ...inherited(old, lines, context.newId) });
  }
  return { kind: 'joined', lane: each.lane, links };
}

/** What a revision takes over from the one before: its base but for the status, and its lines, paired by what they are. */
function inherited(
  old: LinkRow,
  lines: readonly LineState[],
  newId: () => string,
): Pick<LinkRow, 'base' | 'lines'> {
  if (!old.base) return { base: null, lines: [] };
  const alike = (values: Values): string => JSON.stringify([values.kind, values.productId, values.unit]);
  const left = Map.groupBy(lines, (line) => alike(line.values));
  const kept = old.lines.filter((line) => !line.ended && line.base);
  return {
    base: { crm: without(old.base.crm, 'status'), erp: without(old.base.erp, 'status') },
    lines: kept.map((line) => {
      const now = left.get(alike(line.base!.crm))?.shift();
      return { ...line, id: newId(), crmLineId: now?.lineId ?? line.crmLineId };
    }),
  };
}

const without = (values: Values, field: string): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => name !== field));

/** Match keys may name other records (a contact's customer): their links have to be known to the codecs. */
async function learnRecords(context: StepContext, found: readonly Found[]): Promise<void> {
  const wanted = found.flatMap(({ ref, record }) => referencesOf(context.references[ref.side], ref, record));
  const fresh = wanted.filter((ref) => !context.table.knows(ref));
  if (fresh.length > 0) context.table.add(await context.linksOf(fresh));
}

/** A document that starts a deal of its own. */
function freshDeal(context: StepContext, { lane, ref, mapping }: Found): Adopted {
  // The lane is named after the record that starts the deal: a second attempt at it comes to the same lane.
  const link = freshLink(context.newId(), mapping, `deal:${ref.side}:${ref.id}`, {
    crmId: ref.side === 'crm' ? ref.id : null,
    erpId: ref.side === 'erp' ? ref.id : null,
  });
  return { kind: 'linked', lane, link };
}

/** A record with its own normal form and the look-ups that may find its counterpart. */
interface Sought {
  readonly each: Found;
  readonly mapping: Mapping;
  readonly state: SideState;
  readonly keys: readonly MatchLookup[];
}

/** Looks for counterparts by the match keys, all records of the batch at once. */
async function byMatch(context: StepContext, all: readonly Found[]): Promise<readonly Adopted[]> {
  const found = all.filter((each) => context.matchWalk.knows(each.mapping));
  const early = all
    .filter((each) => !found.includes(each))
    .map(({ lane }): Adopted => ({ kind: 'later', lane }));
  if (found.length === 0) return early;
  await learnRecords(context, found);
  const sought = found.map((each): Sought => {
    const mapping = context.mappings[each.mapping];
    const state = decode(context, mapping, each.ref.side, each.record);
    return { each, mapping, state, keys: matchValues(mapping, each.ref.side, state, context.lookup) };
  });
  const [won] = context.preview
    ? [null]
    : await Promise.all([
        claimTwins(context.sql, sought.flatMap(claimsOf)),
        learn(context, sought.map(lookedOf)),
      ]);
  // Who has nothing to be found by claims nothing, and has no twin to wait for.
  const going = won
    ? sought.filter((each) => claimsOf(each).length === 0 || won.has(each.each.lane.key))
    : sought;
  const out = [
    ...early,
    ...sought
      .filter((each) => !going.includes(each))
      .map(({ each }): Adopted => ({ kind: 'later', lane: each.lane })),
  ];
  const met = await findAlike(context, going);
  const taken = await context.linksOf(
    going.flatMap(({ each }, n) => [
      { mapping: each.mapping, side: each.ref.side, id: each.ref.id },
      ...met[n]!.candidates.map((c) => ({ mapping: each.mapping, side: other(each.ref.side), id: c.id })),
    ]),
  );
  const live = taken.filter((link) => link.state !== 'ended');
  return [...out, ...going.map((each, n) => settle(context, each, met[n]!, live))];
}

const decode = (context: StepContext, mapping: Mapping, side: Side, record: SystemRecord): SideState =>
  decodeRecord(mapping, side, record, context.lookup, Date.parse(record.updatedAt));

/** What a creation claims, so that no twin is created beside it: every value by which it could be found. */
const claimsOf = ({ each, keys }: Sought) =>
  keys
    .filter(({ key }) => key.score >= sure)
    .map(({ key, values }) => ({
      mapping: each.mapping,
      value: JSON.stringify([key.fields, values.map((value) => compared(key, value))]),
      lane: each.lane.key,
    }));

/** Records that could be the counterpart, and others of the record's own side that look like it. */
interface Met {
  readonly candidates: readonly Candidate[];
  readonly twins: readonly SideState[];
}

const lookedOf = ({ each, mapping, state }: Sought): Looked => ({
  mapping,
  ref: each.ref,
  record: each.record,
  state,
});

/**
 * All look-ups of the batch in one call per system: values that are spelt alike are found by the system itself, the
 * others by their normal form.
 */
async function findAlike(context: StepContext, going: readonly Sought[]): Promise<readonly Met[]> {
  const found = going.map(() => ({
    candidates: new Map<string, SideState>(),
    twins: new Map<string, SideState>(),
  }));
  await Promise.all(
    sides.map(async (side) => {
      const asked = going.flatMap(({ each, mapping, keys }, n) =>
        keys.flatMap((key) => {
          const where = each.ref.side === side ? key.ownWhere : key.nativeWhere;
          return where ? [{ n, lookup: { entity: mapping[side], where } }] : [];
        }),
      );
      if (asked.length === 0) return;
      const hits = await lookUp(
        context.connectors[side],
        asked.map(({ lookup }) => lookup),
      );
      for (const [i, { n, lookup }] of asked.entries())
        for (const record of hits[i]!) {
          const { each, mapping } = going[n]!;
          if (each.ref.side === side && record.id === each.ref.id) continue;
          context.records.put({ side, entity: lookup.entity, id: record.id }, record);
          const into = each.ref.side === side ? found[n]!.twins : found[n]!.candidates;
          into.set(record.id, decode(context, mapping, side, record));
        }
    }),
  );
  const alike = await findByForm(context, going.map(lookedOf));
  for (const [n, { there, beside }] of alike.entries())
    for (const [refs, into] of [
      [there, found[n]!.candidates],
      [beside, found[n]!.twins],
    ] as const)
      for (const ref of refs) {
        const record = context.records.get(ref);
        if (record && !record.archived && !into.has(ref.id))
          into.set(ref.id, decode(context, going[n]!.mapping, ref.side, record));
      }
  return found.map(({ candidates, twins }) => ({
    candidates: [...candidates].map(([id, state]) => ({ id, state })),
    twins: [...twins.values()],
  }));
}

/** Look-ups by id are reads: a stamp names its record outright. */
async function lookUp(
  connector: Connector,
  lookups: readonly Lookup[],
): Promise<readonly (readonly SystemRecord[])[]> {
  const byId = lookups.filter(({ where }) => 'id' in where);
  const byValue = lookups.filter(({ where }) => !('id' in where));
  const entities = [...new Set(byId.map(({ entity }) => entity))];
  const [values, ...reads] = await Promise.all([
    byValue.length > 0 ? connector.find(byValue) : [],
    ...entities.map((entity) =>
      connector.read(
        entity,
        byId.filter((each) => each.entity === entity).map(({ where }) => String(where.id)),
      ),
    ),
  ]);
  return lookups.map((lookup) => {
    if (!('id' in lookup.where)) return values[byValue.indexOf(lookup)]!;
    const record = reads[entities.indexOf(lookup.entity)]!.get(String(lookup.where.id));
    return record && !record.archived ? [record] : [];
  });
}

/** Links the one sure counterpart, proposes unsure ones, or leaves the record to be created. */
function settle(
  context: StepContext,
  { each, mapping, state }: Sought,
  { candidates, twins }: Met,
  live: readonly LinkBrief[],
): Adopted {
  const { lane, ref } = each;
  const target = other(ref.side);
  const ids = { crmId: ref.side === 'crm' ? ref.id : null, erpId: ref.side === 'erp' ? ref.id : null };
  // Whoever held the claim before may have linked this very record meanwhile.
  const own = live.find((link) => link.mapping === each.mapping && idOn(link, ref.side) === ref.id);
  if (own) return { kind: 'handed', lane, to: own.lane, mapping: own.mapping };
  const judged = judge(mapping, state, candidates, twins);
  if (judged.kind === 'none')
    return { kind: 'linked', lane, link: freshLink(context.newId(), each.mapping, null, ids) };
  const linkOf = (id: string): LinkBrief | undefined =>
    live.find((l) => l.mapping === each.mapping && idOn(l, target) === id);
  const best = judged.kind === 'link' ? linkOf(judged.id) : undefined;
  if (judged.kind === 'link' && (!best || idOn(best, ref.side) === null)) {
    const by = { kind: 'match' as const, key: judged.key.fields.join('+'), score: judged.score };
    const pair = target === 'crm' ? { ...ids, crmId: judged.id } : { ...ids, erpId: judged.id };
    const link = freshLink(best?.id ?? context.newId(), each.mapping, best?.lane ?? null, { ...pair, by });
    return best ? { kind: 'joined', lane, links: [link] } : { kind: 'linked', lane, link };
  }
  const listed =
    judged.kind === 'propose'
      ? judged.candidates
      : [{ id: judged.id, score: judged.score, key: judged.key, evidence: [] }];
  const link = freshLink(context.newId(), each.mapping, null, { ...ids, by: { kind: 'proposal' } });
  const reason = 'It looks like another record; a person decides whether it is the same (matchProposals).';
  return {
    kind: 'linked',
    lane,
    link: { ...link, agreed: state.values, waitsFor: [{ on: `proposal:${link.id}`, reason }] },
    proposal: {
      id: context.newId(),
      mapping: each.mapping,
      linkId: link.id,
      side: ref.side,
      recordId: ref.id,
      candidates: listed.map((candidate) => ({
        id: candidate.id,
        title: titleOf(candidates.find((c) => c.id === candidate.id)?.state, candidate.id),
        score: candidate.score,
        evidence: candidate.evidence,
        linkedTo: linkOf(candidate.id)?.id ?? null,
      })),
    },
  };
}

function titleOf(state: SideState | undefined, id: string): string {
  const { name, fullName, firstName, lastName } = state?.values ?? {};
  return String(name ?? fullName ?? ([firstName, lastName].filter(Boolean).join(' ') || id));
}
