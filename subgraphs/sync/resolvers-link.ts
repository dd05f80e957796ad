import type { Conflict, Drift, FieldDrift, Held, Json, Side } from '../../sync/index.ts';
import type { ActRow } from './acts.ts';
import { pairAsOf } from './as-of.ts';
import { type BlockerSource, blockerResolvers } from './blockers.ts';
import type { SyncContext } from './context.ts';
import { graphError } from './errors.ts';
import { checkGiven } from './given.ts';
import { typedId } from './ids.ts';
import { linkTitle, maySeeNames, titleOf } from './link-title.ts';
import { acts, conflicts, events, issuesOfLinks } from './listings.ts';
import { maySeeAll, seen, seenText, seenWords } from './masking.ts';
import type { PageArguments } from './page.ts';
import { refersToRecord } from './references.ts';
import { childConnection, type Resolvers, recordOf } from './resolvers-unified.ts';
import { type EventRow, type LinkRow, shown } from './rows.ts';
import { capitals, entityTypeOf, flowOf, snake } from './words.ts';

/** A row that names a link. */
interface OfLink {
  readonly id: string;
  readonly linkId: string | null;
  readonly mapping: string;
}

const linkOf = ({ linkId }: Pick<OfLink, 'linkId'>, _: unknown, { load }: SyncContext) =>
  linkId === null ? null : load.link.load(linkId);
const flow = ({ mapping }: { readonly mapping: string }) => flowOf(mapping);
const upper = (field: string) => (source: Readonly<Record<string, unknown>>) => {
  const word = source[field];
  return typeof word === 'string' ? capitals(word) : null;
};

/** Most conflicts, issues and acts shown under one link; the connections at the root have them all. */
const mostFindings = 100;

/** Open issues about a link, those about codes that it meets among them. */
export async function issuesOf(context: SyncContext, linkId: string): Promise<readonly object[]> {
  const of = { listing: issuesOfLinks, of: 'i.of', parent: linkId };
  return (await context.pageOf(of, { first: mostFindings })).nodes;
}

/** The resolvers of links and of everything that hangs on them. */
export const linkResolvers: Resolvers = {
  Link: {
    __resolveReference: async ({ id }: { readonly id?: string | null }, context: SyncContext) => {
      context.demand('read');
      if (typeof id !== 'string' || !id.startsWith('Link_')) return null;
      const row = await context.load.link.load(id.slice('Link_'.length));
      return row === null ? null : { ...row, __typename: 'Link' };
    },
    id: ({ id }: LinkRow) => typedId('Link', id),
    flow,
    title: (row: LinkRow, _: unknown, context: SyncContext) => linkTitle(row, context),
    erpId: ({ mapping, erpId }: LinkRow) => (mapping === 'user' ? null : erpId),
    state: stateOf,
    linkedBy: ({ linkedBy }: LinkRow) => linkedBy,
    waitsFor: ({ waitsFor }: LinkRow): readonly BlockerSource[] => waitsFor ?? [],
    held: (row: LinkRow, _: unknown, context: SyncContext) => heldOf(context, row.mapping, row.held),
    staleSince,
    record,
    drift: async (row: LinkRow, _: unknown, context: SyncContext) => {
      const { mapping, crmId, erpId } = row;
      if (crmId === null || erpId === null) return [];
      const { fields, away } = await context.load.drift.load(row);
      // The error stands once in the list: at the first value that could not be asked for.
      return driftOf(context, mapping, fields).map((field, n) => (n === 0 ? { ...field, away } : field));
    },
    conflicts: async ({ id }: LinkRow, _: unknown, context: SyncContext) =>
      (await context.pageOf({ listing: conflicts, of: 'c.link_id', parent: id }, { first: mostFindings }))
        .nodes,
    issues: ({ id }: LinkRow, _: unknown, context: SyncContext) => issuesOf(context, id),
    history: ({ id }: LinkRow, args: PageArguments, context: SyncContext) =>
      childConnection(context, { listing: events, of: 'e.link_id', parent: id }, args),
    acts: async ({ id }: LinkRow, _: unknown, context: SyncContext) =>
      (await context.pageOf({ listing: acts, of: 'a.link_id', parent: id }, { first: mostFindings })).nodes,
    asOf: (row: LinkRow, args: { readonly at: string }, context: SyncContext) => {
      checkGiven(args);
      return pairAsOf(context, row, args.at);
    },
  },
  // A link that a person has yet to decide on came of a match.
  LinkOrigin: { kind: ({ kind }: LinkRow['linkedBy']) => (kind === 'proposal' ? 'MATCH' : capitals(kind)) },
  Blocker: blockerResolvers,
  Conflict: {
    id: ({ id }: { readonly id?: string }) => (id === undefined ? '' : typedId('Conflict', id)),
    link: linkOf,
    line: ({ line }: { readonly line?: string }) => line || null,
    base: valueIn('baseCrm'),
    baseErp: valueIn('baseErp'),
    crm: valueIn('crm'),
    erp: valueIn('erp'),
    baseTitle: titleOfConflict('baseCrm'),
    crmTitle: titleOfConflict('crm'),
    erpTitle: titleOfConflict('erp'),
  },
  Issue: {
    id: ({ id }: OfLink) => typedId('Issue', id),
    flow,
    link: linkOf,
    side: upper('side'),
    entity: ({ entity }: { readonly entity: string | null }) =>
      entity === null ? null : entityTypeOf(entity),
    value: valueIn('value'),
    message: issueMessage,
    unmapped: ({ key }: { readonly key: string }) => unmappedCode(key),
  },
  IssueGroup: { message: issueMessage },
  DeadLetterGroup: { message: words },
  DeadLetter: {
    id: ({ id }: OfLink) => typedId('DeadLetter', id),
    flow,
    link: linkOf,
    message: words,
    request: forThoseWhoSeeAll('request'),
    answer: forThoseWhoSeeAll('answer'),
  },
  MatchProposal: {
    id: ({ id }: OfLink) => typedId('MatchProposal', id),
    flow,
    link: linkOf,
    side: upper('side'),
    candidates: (source: { readonly mapping: string; readonly candidates: readonly Candidate[] }) =>
      source.candidates.map((candidate) => ({ ...candidate, mapping: source.mapping })),
  },
  MatchCandidate: {
    // It was put together when the match was made: where one of its parts is hidden, all of it is.
    title: ({ id, title, mapping }: Candidate & { mapping: string }, _: unknown, context: SyncContext) =>
      maySeeNames(context, mapping) ? title : id,
    linkedTo: ({ linkedTo }: Candidate, _: unknown, { load }: SyncContext) =>
      linkedTo === null || linkedTo === undefined ? null : load.link.load(linkedTo),
    evidence: ({ evidence, mapping }: Candidate & { mapping: string }, _: unknown, context: SyncContext) =>
      evidence.map(({ field, value }) => ({
        field,
        value: seen(context, mapping, field, value),
        refers: refersToRecord(context.unified, mapping, field),
      })),
  },
  Evidence: {
    title: (
      { value, refers }: { readonly value: Json; readonly refers: boolean },
      _: unknown,
      context: SyncContext,
    ) => (refers ? titleOf(context, value) : null),
  },
  SyncEvent: {
    __resolveReference: async ({ id }: { readonly id?: string | null }, context: SyncContext) => {
      context.demand('read');
      if (typeof id !== 'string' || !id.startsWith('Event_')) return null;
      return context.load.event.load(id.slice('Event_'.length));
    },
    id: ({ id }: EventRow) => typedId('Event', id),
    flow,
    link: linkOf,
    outcome: upper('outcome'),
    fields: ({ fields, mapping }: EventRow, _: unknown, context: SyncContext) =>
      changesOf(context, mapping, fields),
    detail: forThoseWhoSeeAll('detail'),
    act: (event: EventRow, _: unknown, { load }: SyncContext) => load.actOf.load(event),
  },
  Act: {
    id: ({ id }: ActRow) => typedId('Act', id),
    link: linkOf,
    outcome: upper('outcome'),
  },
  Cause: {
    kind: upper('kind'),
    side: upper('side'),
  },
  FieldChange: {
    side: upper('side'),
    winner: upper('winner'),
    beforeTitle: titleIn('before'),
    afterTitle: titleIn('after'),
    lostTitle: titleIn('lost'),
  },
  HeldField: { side: upper('side') },
  FieldDrift: {
    crm: heard('crm'),
    erp: heard('erp'),
    baseTitle: titleIn('base'),
    crmTitle: titleIn('crm'),
    erpTitle: titleIn('erp'),
  },
};

/** A record that never had a link is shown with one that is still to come. */
function stateOf({ state, paused, lone, endedLink }: LinkRow): string {
  if (state === 'ended' && (!lone || endedLink !== null)) return 'ENDED';
  if (paused) return 'PAUSED';
  return state === 'ended' ? 'PENDING' : capitals(state);
}

/** The value of a side, or why that could not be asked. */
function heard(side: Side) {
  return (source: Readonly<Record<Side, Json>> & { readonly away?: Drift['away'] }) => {
    const error = source.away?.[side];
    if (error) throw graphError(error);
    return source[side];
  };
}

/** What people call the record that the value of that name is the id of; null where it is no id. */
export function titleIn(name: string) {
  return (
    source: Readonly<Record<string, Json>> & { readonly refers: boolean },
    _: unknown,
    context: SyncContext,
  ) => (source.refers ? titleOf(context, source[name] ?? null) : null);
}

/** Field changes as the caller may see them. */
export function changesOf(context: SyncContext, mapping: string, fields: EventRow['fields']) {
  return fields.map((change) => {
    const value = (json: Json | undefined) => seen(context, mapping, change.field, shown(json));
    const refers = refersToRecord(context.unified, mapping, change.field);
    const [before, after] = [value(change.before), value(change.after)];
    return { ...change, before, after, lost: value(change.lost), refers };
  });
}

/** A live comparison as the caller may see it. */
export function driftOf(context: SyncContext, mapping: string, fields: readonly FieldDrift[]) {
  return fields.map(({ why, ...drift }) => {
    const value = (json: Json) => seen(context, mapping, drift.field, shown(json));
    return {
      ...drift,
      base: value(drift.base),
      crm: value(drift.crm),
      erp: value(drift.erp),
      verdict: capitals(drift.verdict),
      // It quotes the value.
      why: why === undefined ? null : seen(context, mapping, drift.field, why),
      refers: refersToRecord(context.unified, mapping, drift.field),
    };
  });
}

/** Held fields as the caller may see them. */
export function heldOf(context: SyncContext, mapping: string, held: readonly Held[] | null) {
  return (held ?? []).map((each) => ({
    ...each,
    value: seen(context, mapping, each.field, each.value),
    message: seenText(context, mapping, each.field, each.message),
  }));
}

/** Conflicts of a plan in the form of stored ones. */
export function plannedConflicts(mapping: string, linkId: string | null, planned: readonly Conflict[]) {
  return planned.map(({ base, ...conflict }) => ({
    ...conflict,
    mapping,
    linkId,
    baseCrm: base.crm,
    baseErp: base.erp,
  }));
}

/** What an issue's key says of a code that nobody mapped: `unmapped:paymentTerms:erp:NET21`. */
function unmappedCode(key: string) {
  const parts = /^unmapped:([^:]+):(crm|erp):(.*)$/s.exec(key);
  return parts === null ? null : { list: snake(parts[1]!), side: parts[2]!.toUpperCase(), code: parts[3]! };
}

interface Candidate {
  readonly id: string;
  readonly title: string;
  readonly evidence: readonly { readonly field: string; readonly value: Json }[];
  readonly linkedTo?: string | null;
}

function valueIn(name: string) {
  return (
    source: Readonly<Record<string, Json>> & { readonly mapping: string; readonly field: string | null },
    _: unknown,
    context: SyncContext,
  ) => seen(context, source.mapping, source.field ?? '', shown(source[name]));
}

function titleOfConflict(name: string) {
  return (
    source: Readonly<Record<string, Json>> & { readonly mapping: string; readonly field: string },
    _: unknown,
    context: SyncContext,
  ) =>
    refersToRecord(context.unified, source.mapping, source.field)
      ? titleOf(context, source[name] ?? null)
      : null;
}

/** Requests and answers are whole records: they hold what only some may see. */
function forThoseWhoSeeAll(name: string) {
  return (source: Readonly<Record<string, Json>>, _: unknown, context: SyncContext) =>
    maySeeAll(context) ? (source[name] ?? null) : null;
}

/** What was said about something that failed. */
interface Said {
  readonly code: string;
  readonly message: string;
}

function words({ code, message }: Said, _: unknown, context: SyncContext): string {
  return seenWords(context, code, message);
}

function issueMessage(
  issue: Said & { readonly mapping: string; readonly field: string | null },
  _: unknown,
  context: SyncContext,
): string {
  const { mapping, field, code, message } = issue;
  return field === null ? seenWords(context, code, message) : seenText(context, mapping, field, message);
}

/** Since when the agreed values may be older than a side: work that waits, or a system that does not answer. */
async function staleSince(row: LinkRow, _: unknown, context: SyncContext): Promise<string | null> {
  const sides = (['crm', 'erp'] as const).filter((side) => (side === 'crm' ? row.crmId : row.erpId) !== null);
  const [waiting, ...health] = await Promise.all([
    context.load.waitingSince.load(row.lane),
    ...sides.map((side) => context.health.of(side)),
  ]);
  const down = health
    .filter(({ healthy }) => !healthy)
    .map(({ lastWell }) => lastWell ?? row.syncedAt ?? row.updatedAt);
  return [...(waiting === null ? [] : [waiting]), ...down].toSorted()[0] ?? null;
}

function record(row: LinkRow, _: unknown, context: SyncContext) {
  const { load, unified } = context;
  const type = unified.ofMapping.get(row.mapping);
  if (type !== undefined) return recordOf(context, type, row.id);
  const id = row.crmId;
  if (id === null) return null;
  return load.record.load({ mapping: row.mapping === 'quoteOrder' ? 'quote' : 'user', side: 'crm', id });
}
