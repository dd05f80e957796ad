import { SyncError } from '../../core/errors.ts';
import type { Json, MappingName, Side } from '../../core/types.ts';
import { conflictPath, noteDecisions } from '../../store/conflicts.ts';
import { closeProposals } from '../../store/endings.ts';
import { ring } from '../../store/lanes.ts';
import type { LinkRow } from '../../store/links.ts';
import type { Ask, MatchChoice, Retried, Retry, SyncResult } from '../api.ts';
import type { InlineParts } from '../inline.ts';
import { refOf } from '../records.ts';
import { linkRecords, liveLink, one } from './links.ts';
import { syncRecords } from './sync-now.ts';
import { typedValues } from './typed-value.ts';

/** Links what a person says is the same, or creates a counterpart. */
export async function resolveMatch(
  parts: InlineParts,
  proposalId: string,
  choice: MatchChoice,
  ask: Ask,
): Promise<SyncResult> {
  const [proposal] = await parts.sql<
    { mapping: MappingName; linkId: string; side: Side; recordId: string; candidates: { id: string }[] }[]
  >`
    select mapping, link_id as "linkId", side, record_id as "recordId", candidates from sync.proposal
    where id = ${proposalId} and resolved_at is null`;
  if (!proposal)
    throw new SyncError(
      'NOT_FOUND',
      `There is no open match proposal MatchProposal_${proposalId}; matchProposals lists those there are.`,
    );
  if ('create' in choice) return createCounterpart(parts, proposal, ask);
  if (!proposal.candidates.some((each) => each.id === choice.candidate))
    throw new SyncError(
      'BAD_USER_INPUT',
      `${choice.candidate} is no candidate of MatchProposal_${proposalId}; candidates are ${proposal.candidates.map((each) => each.id).join(', ')}.`,
    );
  const ids =
    proposal.side === 'crm'
      ? { crmId: proposal.recordId, erpId: choice.candidate }
      : { crmId: choice.candidate, erpId: proposal.recordId };
  return linkRecords(parts, proposal.mapping, ids, ask);
}

/**
 * Makes a counterpart of what looks like another record, as soon as it can be made. The decision is stored with the lane in hand: a step that had
 * read the link as proposed would put that back, and ask anew.
 */
async function createCounterpart(
  parts: InlineParts,
  { mapping, linkId }: { readonly mapping: MappingName; readonly linkId: string },
  ask: Ask,
): Promise<SyncResult> {
  const link = await liveLink(parts, linkId);
  const act = { mapping, refs: [], linkId };
  if (ask.mode === 'preview') {
    const freed: LinkRow = { ...link, linkedBy: { kind: 'create', decided: true }, waitsFor: [] };
    return one(await syncRecords(parts, { ...act, asked: { as: freed } }, ask));
  }
  let made: readonly string[] = [];
  const save = async (): Promise<void> => {
    await ask.unmoved?.();
    made = await decideToCreate(parts, linkId, ask.actor);
  };
  const starting = { lanes: [{ lane: link.lane, mapping }], links: [linkId], save };
  const result = one(await syncRecords(parts, { ...act, asked: {} }, ask, starting));
  if (made.length === 0) return result;
  return {
    ...result,
    outcome: 'created',
    plan: { ...result.plan, kind: 'create' },
    eventIds: [...made, ...result.eventIds],
  };
}

/**
 * Stores that a proposed link gets a counterpart of its own. Answers the events that tell of it, where a worker has made
 * it by now: the record had come to look like no other. Throws where it has been linked instead.
 */
async function decideToCreate(parts: InlineParts, linkId: string, actor: string): Promise<readonly string[]> {
  const link = await liveLink(parts, linkId);
  if (link.linkedBy.kind === 'proposal') {
    await parts.sql.begin(async (tx) => {
      await tx`update sync.link set linked_by = '{"kind":"create","decided":true}', waits_for = null where id = ${linkId}`;
      await closeProposals(tx, [linkId], actor);
    });
    return [];
  }
  if (!link.crmId || !link.erpId) return [];
  if (link.linkedBy.kind !== 'create')
    throw new SyncError(
      'BAD_USER_INPUT',
      `Link_${linkId} has been linked meanwhile (${link.linkedBy.kind}): CRM ${link.crmId} with ERP ${link.erpId}. Unlink it first.`,
    );
  const events = await parts.sql<{ id: string }[]>`
    select id from sync.event where link_id = ${linkId} and outcome = 'created' order by seq desc limit 1`;
  return events.map(({ id }) => id);
}

/** A person's decision on conflicts of one link; the step writes it to both sides as an ordinary edit. */
export async function resolveConflict(
  parts: InlineParts,
  conflictId: string,
  choices: readonly { readonly field: string; readonly take: Side | 'base' | { readonly value: Json } }[],
  ask: Ask,
): Promise<SyncResult> {
  const [conflict] = await parts.sql<{ linkId: string; line: string; field: string; open: boolean }[]>`
    select link_id as "linkId", line, field, resolved_at is null as open from sync.conflict where id = ${conflictId}`;
  if (!conflict) throw new SyncError('NOT_FOUND', `There is no conflict ${conflictId}.`);
  if (!conflict.open) throw new SyncError('BAD_USER_INPUT', `Conflict ${conflictId} is resolved already.`);
  const open = await parts.sql<{ line: string; field: string }[]>`
    select line, field from sync.conflict where link_id = ${conflict.linkId} and resolved_at is null`;
  const meant = choices.map(({ take }, n) => ({ ...conflictMeant(open, choices, n), take }));
  const link = await liveLink(parts, conflict.linkId);
  const decided = await decisionsOf(parts, link, meant);
  if (ask.mode === 'apply') await noteDecisions(parts.sql, link.id, decided, ask.actor);
  return one(
    await syncRecords(
      parts,
      { mapping: null, refs: [], linkId: link.id, asked: { choices: { [link.id]: decided } } },
      ask,
    ),
  );
}

type Choices = readonly { readonly field: string }[];
type Open = Pick<Meant, 'line' | 'field'>;

/** The open conflict that the nth choice is about. Refused where it may mean several, or one that is decided before it. */
function conflictMeant(open: readonly Open[], choices: Choices, n: number): Open {
  const { field } = choices[n]!;
  const paths = (list: readonly Open[]): string =>
    list.map((each) => conflictPath(each.line, each.field)).join(', ');
  const refuse = (why: string): never => {
    throw new SyncError('BAD_USER_INPUT', `${field} ${why}.`, {
      detail: { field, about: 'field', choice: n },
    });
  };
  const exact = open.find((each) => conflictPath(each.line, each.field) === field);
  const named = exact ? [exact] : open.filter((each) => each.field === field);
  if (named.length > 1) return refuse(`is in conflict more than once; name one of ${paths(named)}`);
  const [found] = named;
  if (!found) return refuse(`is not in conflict; open ones are ${paths(open)}`);
  const before = choices.slice(0, n).map((choice) => choice.field);
  if (before.includes(field) || before.includes(conflictPath(found.line, found.field)))
    return refuse('is decided twice; give one choice about it');
  return found;
}

interface Meant {
  readonly line: string;
  readonly field: string;
  readonly take: Side | 'base' | { readonly value: Json };
}

/** Decisions by the path of their conflict, typed values in normal form. */
async function decisionsOf(
  parts: InlineParts,
  link: LinkRow,
  meant: readonly Meant[],
): Promise<Readonly<Record<string, { readonly take: Side | 'base' } | { readonly value: Json }>>> {
  const typed = meant.flatMap(({ line, field, take }) =>
    typeof take === 'object' ? [{ line, field, value: take.value }] : [],
  );
  const values = [...(await typedValues(parts, link, typed))];
  return Object.fromEntries(
    meant.map(({ line, field, take }) => [
      conflictPath(line, field),
      typeof take === 'object' ? { value: values.shift()! } : { take },
    ]),
  );
}

/**
 * Puts dead letters and failed links into the queue again; letters close when a later sync of their link succeeds. A
 * preview plans the first of them instead.
 */
export async function retry(parts: InlineParts, which: Retried, ask: Ask): Promise<Retry> {
  const ids = which.ids ? [...which.ids] : null;
  const [since, until] = [which.since ?? null, which.until ?? null];
  const found = await parts.sql<Given[]>`
    select lane, mapping, link_id as "linkId" from sync.dead_letter
    where closed_at is null and (${since}::timestamptz is null or at >= ${since}) and (${until}::timestamptz is null or at < ${until}) and (${ids}::text[] is null or id = any(${ids}::text[]) or link_id = any(${ids}::text[]))
      and (${which.mapping ?? null}::text is null or mapping = ${which.mapping ?? null})
      and (${which.code ?? null}::text is null or code = ${which.code ?? null})
    union
    select w.lane, l.mapping, l.id from sync.wait w join sync.link l on l.id = w.link_id
    where w.on like 'mass:%' and ${which.code ?? null}::text = 'MASS_CHANGE'
      and (${ids}::text[] is null or l.id = any(${ids}::text[]))
      and (${which.mapping ?? null}::text is null or l.mapping = ${which.mapping ?? null})
    union
    select lane, mapping, id from sync.link
    where state = 'failed' and (${ids}::text[] is null or id = any(${ids}::text[]))
      and (${which.mapping ?? null}::text is null or mapping = ${which.mapping ?? null}) and ${which.code ?? null}::text is null
      and ${since}::text is null and ${until}::text is null`;
  const lanes = [...new Map(found.map((each) => [`${each.lane} ${each.mapping}`, each])).values()];
  if (ask.mode === 'preview') return { matched: lanes.length, ...(await planned(parts, found, ask)) };
  if (ids) await parts.sql`update sync.link set flips = null where id = any(${ids}::text[])`;
  // Whoever retries a create of unknown outcome has looked, or takes the blame: it is sent again.
  await parts.sql`
      delete from sync.intent where key in (
        select request ->> 'key' from sync.dead_letter
        where closed_at is null and code = 'UNKNOWN_OUTCOME' and lane = any(${lanes.map(({ lane }) => lane)}::text[]))`;
  await ring(
    parts.sql,
    lanes.map(({ lane, mapping }) => ({ key: lane, mapping, cause: { kind: 'retry', actor: ask.actor } })),
  );
  return { matched: lanes.length, results: [], reasons: [] };
}

/** Work that gave up, or waits for somebody's word. */
interface Given {
  readonly lane: string;
  readonly mapping: MappingName;
  readonly linkId: string | null;
}

/** Links, or records without one, whose retry a preview plans. */
const mostPlanned = 100;

/** What each of them would write now; why one cannot be planned, each reason once. */
async function planned(
  parts: InlineParts,
  given: readonly Given[],
  ask: Ask,
): Promise<Pick<Retry, 'results' | 'reasons'>> {
  const results: SyncResult[] = [];
  const reasons = new Set<string>();
  const each = [...new Map(given.map((one) => [one.linkId ?? one.lane, one])).values()];
  for (const { lane, linkId } of each.slice(0, mostPlanned)) {
    if (linkId === null && !lane.startsWith('rec:')) continue;
    const refs = linkId === null ? [refOf(lane.slice('rec:'.length))] : [];
    try {
      results.push(...(await syncRecords(parts, { mapping: null, refs, linkId, asked: {} }, ask)));
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      reasons.add(error.message);
    }
  }
  return { results, reasons: [...reasons] };
}
