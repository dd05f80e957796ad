import { hash } from 'node:crypto';
import { same } from '../core/same.ts';
import type { Json, RecordRef } from '../core/types.ts';
import type { DeadLetter } from '../store/dead-letters.ts';
import type { NewEvent } from '../store/events.ts';
import type { Lane } from '../store/lanes.ts';
import type { LinkRow } from '../store/links.ts';
import type { Applied } from './applied.ts';
import { inOwnLane } from './assignments.ts';
import type { LinkDraft } from './draft.ts';
import { toldAs } from './ending.ts';
import { flipLimit } from './fresh-link.ts';
import type { LaneOutcome, LinkOutcome, Progress, Refusal } from './progress.ts';
import { nextAttempt } from './retry.ts';
import type { StepContext } from './step-context.ts';
import { withWritten } from './written-in-part.ts';

/** What became of a lane, with all that is told of it. */
export interface Outcome extends LaneOutcome {
  readonly events: readonly NewEvent[];
  readonly letter: DeadLetter | null;
  readonly attempts: number;
  readonly failed: boolean;
  /** Decisions that the events tell of now, or that came to nothing. */
  readonly told: readonly string[];
}

/** Tells what a lane's progress comes to: its events, the attempt that is next, or the letter where none is. */
export function outcomeOf(context: StepContext, progress: Progress): Outcome {
  const next = nextOf(progress);
  const written = next.gaveUp?.written ?? [];
  const links = [...progress.drafts.values()].map((draft) => {
    const own = written.filter(({ link }) => link === draft.link.id);
    return linkOutcome(context, progress, withWritten(context, draft, own), next.gaveUp);
  });
  return {
    lane: progress.work.lane,
    links,
    againMs: next.againMs,
    ...(progress.behind && { behind: progress.behind }),
    events: links.flatMap((each) => eventOf(progress.work.lane, each) ?? []),
    letter: next.gaveUp && letterOf(context, progress, next.gaveUp, links, next.attempts),
    attempts: next.attempts,
    failed: progress.failure !== null,
    told: [...progress.told, ...written.map(({ id }) => id)],
  };
}

/** What ended a lane's attempts. */
type GaveUp = NonNullable<Progress['failure']>;

/** How a lane goes on: when it is due again, after how many attempts, and whether it gave up. */
function nextOf({ work, failure, againMs }: Progress): {
  readonly attempts: number;
  readonly againMs: number | null;
  readonly gaveUp: GaveUp | null;
} {
  if (!failure) return { attempts: 0, againMs, gaveUp: null };
  const { afterMs } = failure.failure;
  // Waiting until a system can say what became of a write is not an attempt at it.
  const attempts = work.lane.attempts + (afterMs === undefined ? 1 : 0);
  const retryMs = afterMs ?? nextAttempt(failure.failure, attempts, Math.random());
  if (retryMs !== null) return { attempts, againMs: retryMs, gaveUp: null };
  // A decision that was refused is none any more: without it the lane finds what is still in conflict, as it stands now.
  return { attempts, againMs: failure.decided ? 0 : null, gaveUp: failure };
}

function linkOutcome(
  context: StepContext,
  { created, failure: open }: Progress,
  draft: LinkDraft,
  gaveUp: GaveUp | null,
): LinkOutcome {
  const failure = gaveUp?.link === draft.link.id ? { ...gaveUp.failure, ...recordOf(gaveUp) } : null;
  const settled = open ? withFlips(draft) : inOwnLane(withFlips(draft));
  const link: LinkRow = failure ? { ...settled, state: 'failed' } : settled;
  const told = { ...draft, link };
  const outcome = failure ? 'failed' : tellOf(told, context.stored.get(link.id), created.has(link.id));
  const failedFor = failure && gaveUp && refusedFor(context, link, gaveUp.applied);
  const eventId = outcome === 'unchanged' ? null : context.newId();
  return { link, outcome, eventId, draft: told, failure, ...(failedFor && { failedFor }) };
}

/** The record for whose state a create was refused, though it was not asked for: a default owner who is inactive. */
function refusedFor({ mappings }: StepContext, link: LinkRow, { write, failure }: Applied): RecordRef | null {
  const { side, action } = write;
  if (action !== 'create' || failure?.code !== 'STATE' || typeof failure.value !== 'string') return null;
  const rules = Object.values(mappings[link.mapping].fields);
  const entity = rules.find((rule) => rule[side] === failure.field)?.codec.refers?.[side];
  return entity === undefined ? null : { side, entity, id: failure.value };
}

/** The record whose write was refused; null while it is not there. */
const recordOf = ({ applied: { write } }: GaveUp): Pick<Refusal, 'record'> => ({
  record: write.id === null ? null : { side: write.side, entity: write.entity, id: write.id },
});

function eventOf(lane: Lane, { link, outcome, eventId, draft, failure }: LinkOutcome): NewEvent | null {
  if (eventId === null) return null;
  return {
    id: eventId,
    mapping: toldAs(link.mapping),
    linkId: link.id,
    outcome,
    cause: lane.cause,
    fields: draft.changes,
    detail: detailOf(link, failure),
    attempt: lane.attempts + 1,
    correlationId: lane.cause.id ?? lane.key,
  };
}

function letterOf(
  context: StepContext,
  { work: { lane, links: stored } }: Progress,
  { failure, applied }: GaveUp,
  links: readonly LinkOutcome[],
  attempts: number,
): DeadLetter {
  const failed = links.find((each) => each.failure) ?? links[0];
  return {
    id: context.newId(),
    lane: failed?.link.lane ?? lane.key,
    mapping: failed?.link.mapping ?? lane.mapping,
    linkId: failed?.link.id ?? stored[0]?.id ?? null,
    code: failure.code,
    message: failure.message,
    request: requestOf(applied),
    answer: JSON.parse(JSON.stringify(applied.failure)),
    attempts,
    cause: lane.cause,
  };
}

/** What was asked of the system, as plain data. */
const requestOf = ({ write, sent }: Applied): Json =>
  JSON.parse(JSON.stringify({ side: write.side, ...sent }));

/** Within this time, in ms, a write to the other side than last time may be a flip: systems that put values back are fast. */
const flipWindowMs = 10_000;

/**
 * What a write to the other side counts where it brings a value that was not there just before: people who take turns do
 * that, and so do systems that add something each time. These are stopped as well, only later.
 */
const newValueCounts = 1 / 4;

/** Counts fields that were written now here and now there: after three times back and forth they rest (merge rule 8). */
function withFlips({ link, changes }: LinkDraft): LinkRow {
  const now = Date.now();
  const flips: Record<string, LinkRow['flips'][string]> = {};
  for (const [field, flip] of Object.entries(link.flips)) if (flip.n >= flipLimit) flips[field] = flip;
  for (const { field, line, side, why, before, after } of changes) {
    if (line !== undefined || why === 'created' || flips[field]) continue;
    const last = link.flips[field];
    const flipped = last && last.side !== side && now - last.at < flipWindowMs;
    const counts = last?.was === digest(after) ? 1 : newValueCounts;
    flips[field] = { n: flipped ? last.n + counts : 0, side, at: now, was: digest(before) };
  }
  return { ...link, flips };
}

/** Enough of a value to know it again. */
const digest = (value: Json): string => hash('sha256', JSON.stringify(value), 'base64url').slice(0, 12);

/** The outcome in one word; `unchanged` writes no event. */
function tellOf(draft: LinkDraft, before: LinkRow | undefined, created: boolean): string {
  const { link, changes, conflicts, failed = false } = draft;
  if (link.state === 'ended')
    return before?.state === 'ended' ? 'unchanged' : link.endedBy === 'deleted' ? 'deleted' : 'unlinked';
  if (created) return 'created';
  if (link.state === 'waiting')
    return before?.state === 'waiting' && same(before.waitsFor as never, link.waitsFor as never)
      ? 'unchanged'
      : 'waiting';
  if (link.crmId && link.erpId && !before?.base && link.base) return 'linked';
  if (conflicts.length > 0 && !failed && before?.state !== 'conflict') return 'conflict';
  return changes.length > 0 ? 'updated' : 'unchanged';
}

function detailOf(link: LinkRow, failure: { readonly code: string; readonly message: string } | null) {
  if (failure) return { code: failure.code, message: failure.message };
  if (link.waitsFor.length > 0)
    return { waitsFor: link.waitsFor.map((b) => ({ on: b.on, reason: b.reason })) };
  if (link.endedBy) return { endedBy: link.endedBy };
  return null;
}
